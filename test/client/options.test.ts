import { expect, inject, test } from "vitest";
import { connect } from "@izaber/wamp";
import type { Client, PublishOptions, TopicEvent } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";

const url = inject("routerUrl");

async function open(): Promise<Client> {
  return await connect(url, { realm: "realm1" });
}

function unique(name: string): string {
  return `com.example.${name}.${crypto.randomUUID()}`;
}

test("every option goes out under its own name", async () => {
  const { client, peer } = await joined();
  const publish: PublishOptions = {
    acknowledge: false,
    exclude_me: false,
    exclude: [1],
    exclude_authid: ["joe"],
    exclude_authrole: ["guest"],
    eligible: [2],
    eligible_authid: ["sue"],
    eligible_authrole: ["staff"],
    disclose_me: true,
    retain: true,
    _own: 1,
  };
  await client.publish("a.t", [], {}, publish);
  expect((await peer.next(MessageType.PUBLISH)).options).toEqual(publish);
  const register = {
    match: "prefix",
    invoke: "roundrobin",
    concurrency: 3,
    force_reregister: true,
    disclose_caller: true,
    _own: 2,
  } as const;
  void client.register("a.p", () => 1, register);
  expect((await peer.registered(5)).options).toEqual(register);
  const subscribe = { match: "wildcard", get_retained: true, _own: 3 } as const;
  void client.subscribe("a..t", () => {}, subscribe);
  expect((await peer.subscribed(3)).options).toEqual(subscribe);
  void client.call("a.p", [], {}, { disclose_me: true, _own: 4 }).catch(() => {});
  expect((await peer.next(MessageType.CALL)).options).toEqual({ disclose_me: true, _own: 4 });
});

test("who discloses itself is known to callees and subscribers, who does not is not", async () => {
  const name = unique("who");
  await using one = await open();
  await using other = await open();
  await one.register(name, (_args, _kwargs, call) => [call.caller, call.caller_authid, call.caller_authrole]);
  const { session } = other;
  expect(await other.call(name, [], {}, { disclose_me: true })).toEqual([
    session?.id,
    session?.details.authid,
    session?.details.authrole,
  ]);
  const hidden = await other.call<unknown[]>(name);
  expect(hidden.every((value) => value === undefined || value === null)).toBe(true);
  const events = one.events(name);
  await events.ready;
  await other.publish(name, [1], {}, { disclose_me: true, acknowledge: true });
  await other.publish(name, [2], {}, { acknowledge: true });
  const [disclosed, anonymous] = [(await events.next()).value, (await events.next()).value] as TopicEvent[];
  expect([disclosed?.publisher, disclosed?.publisher_authid]).toEqual([session?.id, session?.details.authid]);
  expect([anonymous?.publisher, anonymous?.publisher_authid]).toEqual([undefined, undefined]);
});

test("a handler learns by its signal that its caller gave up, or that the time of the call is over", async () => {
  const name = unique("slow");
  await using one = await open();
  await using other = await open();
  const aborted: Promise<boolean>[] = [];
  const begun = Promise.withResolvers<void>();
  await one.register(name, (_args, _kwargs, { signal }) => {
    begun.resolve();
    const ended = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    aborted.push(ended.then(() => signal.aborted));
    return ended;
  });
  await expect(other.call(name, [], {}, { timeout: 50 })).rejects.toMatchObject({ code: "timeout", mayHaveRun: true });
  await begun.promise;
  const controller = new AbortController();
  const called = other.call(name, [], {}, { signal: controller.signal }).catch((error) => error);
  await expect.poll(() => aborted.length).toBe(2);
  controller.abort();
  expect(await called).toMatchObject({ code: "aborted", mayHaveRun: true });
  expect(await Promise.all(aborted)).toEqual([true, true]);
});

test("events go to whom they are for: to oneself, not to some, to some only", async () => {
  const name = unique("audience");
  await using one = await open();
  await using other = await open();
  const [mine, theirs] = [one.events(name), other.events(name)];
  await Promise.all([mine.ready, theirs.ready]);
  const [me, you] = [one.session!.id, other.session!.id];
  const publish = (value: string, options: PublishOptions) =>
    one.publish(name, [value], {}, { acknowledge: true, ...options });
  await publish("not me", {});
  await publish("both", { exclude_me: false });
  await publish("not you", { exclude_me: false, exclude: [you] });
  await publish("you only", { exclude_me: false, eligible: [you] });
  await publish("me only", { exclude_me: false, eligible: [me] });
  await publish("no such role", { exclude_me: false, eligible_authrole: ["nobody"] });
  await publish("no role", { exclude_me: false, exclude_authrole: [one.details?.authrole ?? ""] });
  await publish("nobody named so", { exclude_me: false, eligible_authid: ["nobody"] });
  await publish("not named so", { exclude_me: false, exclude_authid: [other.details?.authid ?? ""] });
  await publish("end", { exclude_me: false });
  const read = async (events: typeof mine): Promise<unknown[]> => {
    const got: unknown[] = [];
    for await (const { args } of events) {
      if (args[0] === "end") break;
      got.push(args[0]);
    }
    return got;
  };
  expect(await read(mine)).toEqual(["both", "not you", "me only", "not named so"]);
  expect(await read(theirs)).toEqual(["not me", "both", "you only"]);
});

test("an event that the router keeps comes to who asks for it, and says that it was kept", async () => {
  const name = unique("kept");
  await using publisher = await open();
  await using subscriber = await open();
  await publisher.publish(name, ["old"], { n: 1 }, { retain: true, acknowledge: true });
  const kept = subscriber.events(name, { get_retained: true });
  const { value } = await kept.next() as { value: TopicEvent };
  expect([value.args, value.kwargs, value.retained]).toEqual([["old"], { n: 1 }, true]);
  await publisher.publish(name, ["new"], {}, { acknowledge: true });
  const { value: live } = await kept.next() as { value: TopicEvent };
  expect([live.args, live.retained]).toEqual([["new"], false]);
});

test("procedures are shared in turn, or taken over by force, and who loses one learns of it", async () => {
  const [shared, taken] = [unique("shared"), unique("taken")];
  await using one = await open();
  await using other = await open();
  await one.register(shared, () => "one", { invoke: "roundrobin" });
  await other.register(shared, () => "other", { invoke: "roundrobin" });
  const answers = [await one.call(shared), await one.call(shared), await one.call(shared), await one.call(shared)];
  expect(answers.sort()).toEqual(["one", "one", "other", "other"]);
  const lost = Promise.withResolvers<unknown>();
  one.on("error", (error) => lost.resolve(error));
  const first = await one.register(taken, () => "one");
  await expect(other.register(taken, () => "other")).rejects.toMatchObject({
    uri: "wamp.error.procedure_already_exists",
  });
  await other.register(taken, () => "other", { force_reregister: true });
  expect(await lost.promise).toMatchObject({ code: "revoked" });
  expect([first.active, await one.call(taken)]).toEqual([false, "other"]);
});
