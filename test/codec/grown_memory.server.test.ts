import { connect } from "@izaber/wamp";
import { cbor, json, msgpack } from "@izaber/wamp/codec";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import { expect, test } from "vitest";

/** One more than the core has room for before it takes more memory. */
const MANY = 4_097;

const formats = [msgpack, cbor, json];
const order = ["customer Jane Roe", "42 Long Street, Springfield", "express delivery before noon"];
const notes = { first: "ring the bell twice please", second: "the dog is a friendly one", third: "thank you" };
const roles = ["some role of this realm", "another role of this realm", "and one more role", "anonymous"];

test("a stranger's many topics change nothing in what others say, in any format, nor in who may hear it", async () => {
  const router = new Router({ realms: [openRealm("realm1")] });
  const listener = await listen(router);
  try {
    const peers = await Promise.all(
      formats.map((serializer) => connect(listener.url, { realm: "realm1", serializers: [serializer] })),
    );
    const heard: unknown[] = [];
    for (const [at, peer] of peers.entries()) {
      await peer.register(`com.example.echo${at}`, (args, kwargs) => [args, kwargs]);
      await peer.subscribe("com.example.topic", (args) => void heard.push(args));
    }
    const exchange = async () => {
      for (const [at, peer] of peers.entries()) {
        // Each talks to who has another format: the router reads what it passes on.
        const echo = `com.example.echo${(at + 1) % peers.length}`;
        expect(await peer.call(echo, order, notes)).toEqual([order, notes]);
        const options = { acknowledge: true, exclude_me: false, exclude_authrole: roles } as const;
        await peer.publish("com.example.topic", order, undefined, options);
        await peer.publish("com.example.topic", [peer.serializer], undefined, { acknowledge: true, exclude_me: false });
      }
    };
    await exchange();
    const stranger = await connect(router.local(), { realm: "realm1" });
    const topics = Array.from({ length: MANY }, (_, index) => `com.stranger.topic${index}`);
    await Promise.all(topics.map((topic) => stranger.subscribe(topic, () => {})));
    await exchange();
    await stranger.close();
    await exchange();
    for (const serializer of formats) {
      await using late = await connect(listener.url, { realm: "realm1", serializers: [serializer] });
      expect(await late.call("com.example.echo0", order, notes)).toEqual([order, notes]);
    }
    // Nobody hears what all are excluded from.
    const rounds = formats.flatMap(({ name }) => formats.map(() => [name]));
    expect(heard).toEqual([...rounds, ...rounds, ...rounds]);
  } finally {
    await router.close();
    await listener.close();
  }
});
