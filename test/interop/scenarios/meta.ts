import { same } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

/** The meta API and testaments, through the router that both are on. */
export const meta: readonly Scenario[] = [
  {
    name: "session meta API",
    needs: ["caller", "meta"],
    play: async ({ theirs, another }) => {
      const before = (await theirs.call("wamp.session.count")).args[0] as number;
      const other = await another();
      try {
        same((await theirs.call("wamp.session.count")).args[0], before + 1, "sessions after one more has joined");
        const list = (await theirs.call("wamp.session.list")).args[0] as number[];
        same(list.length, before + 1, "the list's length");
        const details = (await theirs.call("wamp.session.get", [list[0]!])).args[0] as { session: unknown };
        same(details.session, list[0], "a session's id");
      } finally {
        await other.close();
      }
    },
  },
  {
    name: "registration meta API",
    needs: ["caller", "meta"],
    play: async ({ theirs, ours, uri }) => {
      const known = uri("known");
      await ours.register(known, "add");
      const id = (await theirs.call("wamp.registration.lookup", [known])).args[0] as number;
      const found = (await theirs.call("wamp.registration.get", [id])).args[0] as { uri: unknown };
      same(found.uri, known, "the registration's URI");
    },
  },
  {
    name: "meta events",
    needs: ["subscriber", "meta"],
    play: async ({ theirs, another }) => {
      const joins = await theirs.subscribe("wamp.session.on_join");
      const leaves = await theirs.subscribe("wamp.session.on_leave");
      const other = await another();
      const { session } = (await joins.next()).args[0] as { session: number };
      await other.close();
      same((await leaves.next()).args[0], session, "who has left");
    },
  },
  {
    name: "testaments",
    needs: ["caller", "testament"],
    play: async ({ theirs, ours, uri, options }) => {
      const topic = uri("testament");
      const heard = await ours.subscribe(topic);
      await theirs.call("wamp.session.add_testament", [topic, ["gone"], { key: 1 }]);
      await theirs.close();
      const { args, kwargs } = await heard.next();
      same([args, kwargs], [["gone"], { key: 1 }], "the testament");
      await theirs.open(options);
    },
  },
];
