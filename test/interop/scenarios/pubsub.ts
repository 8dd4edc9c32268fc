import { same } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

/** Publications and subscriptions. */
export const pubsub: readonly Scenario[] = [
  {
    name: "publishes",
    needs: ["publisher"],
    play: async ({ theirs, ours, uri }) => {
      const topic = uri("topic");
      const heard = await ours.subscribe(topic);
      const args = theirs.can.has("publish_args") ? ["hello", 1] : [];
      await theirs.publish(topic, args, { key: "value" });
      const event = await heard.next();
      const { meta: _meta, ...kwargs } = event.kwargs;
      same([event.args, kwargs], [args, { key: "value" }], "the event");
      for (let at = 0; at < 20; at++) await theirs.publish(topic, args, { at });
      for (let at = 0; at < 20; at++) same((await heard.next()).kwargs.at, at, "order");
    },
  },
  {
    name: "hears",
    needs: ["subscriber"],
    play: async ({ theirs, ours, uri }) => {
      const topic = uri("topic");
      const heard = await theirs.subscribe(topic);
      await ours.publish(topic, ["hello", [1]], { key: "value" });
      const event = await heard.next();
      same([event.args, event.kwargs], [["hello", [1]], { key: "value" }], "the event");
      for (let at = 0; at < 20; at++) await ours.publish(topic, [at], {});
      const order: number[] = [];
      for (let at = 0; at < 20; at++) order.push((await heard.next()).args[0] as number);
      if (!theirs.can.has("ordered_events")) order.sort((a, b) => a - b);
      same(order, Array.from({ length: 20 }, (_, at) => at), "order");
      if (!theirs.can.has("unsubscribe")) return;
      await heard.unsubscribe();
      const other = uri("other");
      const then = await theirs.subscribe(other);
      await ours.publish(topic, ["late"]);
      await ours.publish(other, ["now"]);
      same((await then.next()).args, ["now"], "the other event");
      same(heard.waiting, 0, "events after unsubscribing");
    },
  },
  {
    name: "pattern topics",
    needs: ["subscriber", "patterns"],
    play: async ({ theirs, ours, uri }) => {
      const prefix = uri("prefix");
      const heard = await theirs.subscribe(prefix, { match: "prefix" });
      await ours.publish(`${prefix}.some.thing`, [1]);
      const event = await heard.next();
      same(event.args, [1], "the event of a prefix");
      if (event.details !== undefined) same(event.details.topic, `${prefix}.some.thing`, "its topic");
      const wildcard = uri("wild");
      const caught = await theirs.subscribe(`${wildcard}..end`, { match: "wildcard" });
      await ours.publish(`${wildcard}.any.end`, [2]);
      same((await caught.next()).args, [2], "the event of a wildcard");
    },
  },
  {
    name: "publishes to some",
    needs: ["publisher", "publish_options"],
    play: async ({ theirs, ours, uri, another }) => {
      const topic = uri("topic");
      const heard = await ours.subscribe(topic);
      const other = await another();
      try {
        const unheard = await other.subscribe(topic);
        const { session } = await sessionOf(ours);
        await theirs.publish(topic, ["one"], {}, { eligible: [session] });
        await theirs.publish(topic, ["two"], {}, { exclude: [session] });
        await theirs.publish(topic, ["three"]);
        same([(await heard.next()).args, (await heard.next()).args], [["one"], ["three"]], "who is eligible");
        same([(await unheard.next()).args, (await unheard.next()).args], [["two"], ["three"]], "who is not excluded");
      } finally {
        await other.close();
      }
    },
  },
  {
    name: "hears itself",
    needs: ["publisher", "subscriber", "exclude_me"],
    play: async ({ theirs, uri }) => {
      const topic = uri("topic");
      const heard = await theirs.subscribe(topic);
      await theirs.publish(topic, ["not"]);
      await theirs.publish(topic, ["self"], {}, { exclude_me: false });
      same((await heard.next()).args, ["self"], "the event");
    },
  },
  {
    name: "retains",
    needs: ["publisher", "retains"],
    play: async ({ theirs, ours, uri }) => {
      const topic = uri("topic");
      await theirs.publish(topic, ["kept"], {}, { retain: true });
      const heard = await ours.subscribe(topic, { get_retained: true });
      const event = await heard.next();
      same([event.args, event.details.retained], [["kept"], true], "the retained event");
    },
  },
  {
    name: "hears retained",
    needs: ["subscriber", "retained"],
    play: async ({ theirs, ours, uri }) => {
      const topic = uri("topic");
      await ours.publish(topic, ["kept"], {}, { retain: true });
      const heard = await theirs.subscribe(topic, { get_retained: true });
      same((await heard.next()).args, ["kept"], "the retained event");
    },
  },
];

/** The session id of a peer, as the router has it. */
async function sessionOf(peer: { call: (uri: string) => Promise<unknown> }): Promise<{ session: number }> {
  const client = (peer as unknown as { client: { session: { id: number } } }).client;
  return await Promise.resolve({ session: client.session.id });
}
