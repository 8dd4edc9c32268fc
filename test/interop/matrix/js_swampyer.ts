import { connect, ticket } from "../../../mod.ts";
import { openOurNexus } from "../our_nexus.ts";
import { same } from "../scenario.ts";
import type { Suite } from "../suite.ts";
import { SwampyerWire } from "../swampyer_wire.ts";

/** js-swampyer's wire habits on our Nexus. */
export const jsSwampyer: readonly Suite[] = [{
  name: "js-swampyer",
  needs: [],
  run: async (report) => {
    const nexus = await openOurNexus();
    const ours = await connect(nexus.ws, {
      realm: "izaber",
      auth: ticket("fiona", "fiona-secret"),
      prefix: "com.izaber.wamp",
      reconnect: false,
    });
    const join = () => SwampyerWire.join(nexus.ws, "izaber", "bruno", "bruno-secret");
    try {
      await report.check(
        { ours: "router", who: "js-swampyer (replayed)", version: "1.6.0", transport: "ws", serializer: "json" },
        {
          "login, ids for each type, answers": async () => {
            const [wire, welcome] = await join();
            same(welcome[0], 2, "WELCOME");
            const who = await wire.ask(48, { withoutUriBase: false }, "com.izaber.wamp.auth.whoami", [], {});
            same([who[0], who[1], who[3]], [50, 1, [{ authid: "bruno", role: "backend" }]], "RESULT");
            const registered = await wire.ask(64, {}, "com.izaber.wamp.example.swampyer");
            same(registered.slice(0, 2), [65, 1], "REGISTERED has the id 1, too");
            const subscribed = await wire.ask(32, {}, "com.izaber.wamp.example.topic");
            same(subscribed[0], 33, "SUBSCRIBED for a random id");
            const published = await wire.ask(16, { acknowledge: true }, "com.izaber.wamp.example.topic", [], {});
            same(published.slice(0, 2), [17, 1], "PUBLISHED");
            const called = ours.call("example.swampyer", [1]);
            const invocation = await wire.next();
            same([invocation[0], invocation[2], invocation[4]], [68, registered[2], [1]], "INVOCATION");
            wire.send([70, invocation[1], {}, ["answer"], {}]);
            same(await called, "answer", "the result");
            await ours.publish("example.topic", ["news"], {}, { acknowledge: true });
            const event = await wire.next();
            same([event[0], event[1], event[4]], [36, subscribed[2], ["news"]], "EVENT");
            same((await wire.ask(34, subscribed[2])).slice(0, 1), [35], "UNSUBSCRIBED");
            same((await wire.ask(66, registered[2])).slice(0, 1), [67], "UNREGISTERED");
            wire.send([6, {}, "wamp.close.system_shutdown"]);
            same((await wire.next())[0], 6, "GOODBYE");
            wire.close();
          },
          "errors of its handlers": async () => {
            const [wire] = await join();
            await wire.ask(64, {}, "com.izaber.wamp.example.failing");
            const called = ours.call("example.failing").then(() => undefined, (error) => error);
            const [, request] = await wire.next();
            wire.send([8, 68, request, {}, "error.invoke.failure", ["Error: no"], { errorDetails: {} }]);
            const error = await called as { uri: string; args: unknown; kwargs: unknown };
            same(
              [error.uri, error.args, error.kwargs],
              ["error.invoke.failure", ["Error: no"], { errorDetails: {} }],
              "error",
            );
            wire.close();
          },
          reconnect: async () => {
            const [first] = await join();
            await first.ask(64, {}, "com.izaber.wamp.example.again");
            first.close(); // no GOODBYE: the connection just goes
            await first.closed;
            const [second] = await join();
            const registered = await second.ask(64, { force_reregister: true }, "com.izaber.wamp.example.again");
            same(registered.slice(0, 2), [65, 1], "the ids begin anew");
            const called = ours.call("example.again");
            const [, request] = await second.next();
            second.send([70, request, {}, ["again"], {}]);
            same(await called, "again", "the result");
            second.close();
          },
        },
      );
    } finally {
      await ours.close();
      await nexus.close();
    }
  },
}];
