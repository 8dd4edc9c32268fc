import { describe, expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { openRealm } from "../../src/router/mod.ts";
import type { Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles } from "./peer.ts";
import type { Peer } from "./peer.ts";

let decision: PromiseWithResolvers<boolean>;
const on = harness(() => {
  decision = Promise.withResolvers();
  const kept = {
    ...openRealm("kept"),
    history: { topics: [{ uri: "com.example.log", limit: 1 }] },
    authorizer: { authorize: (_: unknown, action: string) => action === "subscribe" ? decision.promise : true },
  };
  return { realms: [openRealm("realm1"), kept], limits: { calleeBytes: 1_000, pendingCalls: 5 } };
});

const uri = "com.example.p";
const roles = {
  ...fullRoles,
  caller: { features: { ...fullRoles.caller!.features, progressive_call_invocations: true } },
  callee: { features: { ...fullRoles.callee!.features, progressive_call_invocations: true } },
};
const dial = () => on.dial(json).join("realm1", roles);

/** Gives the URI and the text of the one ERROR that a caller got. */
async function refusal(caller: Peer): Promise<unknown[]> {
  const answers = await caller.rest();
  expect(answers.map(([type]) => type)).toEqual([M.ERROR]);
  return [answers[0]![4], (answers[0]![5] as unknown[])[0]];
}

test("one whose callee reads too slowly hears of calleeBytes", async () => {
  const [one, two, caller] = [await dial(), await dial(), await dial()];
  await one.register(uri, { invoke: "roundrobin" });
  const large = ["x".repeat(2_000)];
  caller.call(uri, {}, large);
  caller.call(uri);
  expect(await refusal(caller)).toEqual([
    "wamp.error.network_failure",
    `no callee of procedure <${uri}> takes the call: its callee reads too slowly: the bytes that wait to be sent to it have reached the router's ` +
    "limit calleeBytes (1000); call again when that is less, register more callees, or raise the limit",
  ]);
  await two.register(uri, { invoke: "roundrobin" });
  for (let count = 0; count < 2; count++) caller.call(uri, {}, large);
  caller.call(uri);
  expect((await refusal(caller))[1]).toContain("takes the call: each of its 2 callees reads too slowly: ");
});

test("one that sends its parts faster than they are read hears of calleeBytes", async () => {
  const [callee, caller] = [await dial(), await dial()];
  await callee.register(uri);
  for (let count = 0; count < 2; count++) {
    caller.send([M.CALL, 1, { progress: true }, uri, ["x".repeat(2_000)]]);
  }
  expect(await refusal(caller)).toEqual([
    "wamp.error.network_failure",
    "Cannot pass the call on: the callee reads too slowly: the bytes that wait to be sent to it have reached the router's limit calleeBytes (1000); " +
    "send its parts more slowly, or raise the limit",
  ]);
});

test("one whose callees are busy hears of their concurrency, and of those that read too slowly", async () => {
  const [one, two, three, caller] = [await dial(), await dial(), await dial(), await dial()];
  await one.register(uri, { invoke: "first", concurrency: 1 });
  caller.call(uri);
  caller.call(uri);
  expect((await refusal(caller))[1]).toContain(
    ": its callee has as many calls to answer as the option concurrency of ",
  );
  await two.register(uri, { invoke: "first", concurrency: 2 });
  for (let count = 0; count < 3; count++) caller.call(uri);
  expect(await refusal(caller)).toEqual([
    "crossbar.error.max_concurrency_reached",
    `no callee of procedure <${uri}> takes the call: 2 of its 2 callees have as many calls to answer as the option concurrency of REGISTER allows ` +
    "(3 in all); call again when some are answered, or register more callees or a higher concurrency",
  ]);
  await three.register(uri, { invoke: "first" });
  caller.call(uri, {}, ["x".repeat(2_000)]);
  caller.call(uri);
  expect((await refusal(caller))[1]).toContain(
    ": 2 of its 3 callees have as many calls to answer as the option concurrency of REGISTER allows (3 in all), and each of the others reads too " +
      "slowly: the bytes that wait to be sent to it have reached the router's limit calleeBytes (1000); call again",
  );
});

describe("one that needs a feature hears who lacks it", () => {
  const part = { progress: true };
  /** A callee that announces what it is told to. */
  const callee = async (features: object, options: Dict = {}): Promise<void> => {
    const peer = await on.dial(json).join("realm1", { ...roles, callee: { features: { ...features } } });
    await peer.register(uri, { invoke: "roundrobin", ...options });
  };
  const streams = { call_canceling: true, progressive_call_invocations: true };
  const why = (text: string) => [
    "wamp.error.feature_not_supported",
    `no callee of procedure <${uri}> takes the call: ${text}`,
  ];
  const busy = " as many calls to answer as the option concurrency of REGISTER allows ";

  test("where there is one callee, what that one lacks", async () => {
    const caller = await dial();
    await callee({ progressive_call_invocations: true });
    caller.call(uri, part);
    expect(await refusal(caller)).toEqual(why("its callee does not announce call_canceling"));
  });

  test("where there are several, what all of them lack, or each of them something", async () => {
    const caller = await dial();
    await callee({ call_canceling: true });
    await callee({ call_canceling: true });
    caller.call(uri, part);
    expect(await refusal(caller)).toEqual(why("none of its 2 callees announces progressive_call_invocations"));
    await callee({ progressive_call_invocations: true });
    caller.call(uri, part);
    expect(await refusal(caller)).toEqual(
      why("none of its 3 callees announces progressive_call_invocations and call_canceling"),
    );
  });

  test("where those that have it are busy, of these alone", async () => {
    const caller = await dial();
    await callee({});
    await callee(streams, { concurrency: 1 });
    for (let count = 0; count < 2; count++) caller.call(uri, part);
    expect((await refusal(caller))[1]).toContain(
      "takes the call: the one of its 2 callees that announces progressive_call_invocations and call_canceling has" +
        `${busy}(1 in all); call again`,
    );
    await callee(streams, { concurrency: 2 });
    for (let count = 0; count < 3; count++) caller.call(uri, part);
    expect((await refusal(caller))[1]).toContain(
      "takes the call: 2 of the 2 of its 3 callees that announce progressive_call_invocations and call_canceling have" +
        `${busy}(3 in all); call again`,
    );
  });

  test("where those that have it read too slowly, of these alone", async () => {
    const caller = await dial();
    const large = ["x".repeat(2_000)];
    await callee({});
    await callee(streams);
    caller.call(uri, part, large);
    caller.call(uri, part);
    expect((await refusal(caller))[1]).toContain(
      "takes the call: the one of its 2 callees that announces progressive_call_invocations and call_canceling reads too slowly: ",
    );
    await callee(streams);
    for (let count = 0; count < 2; count++) caller.call(uri, part, large);
    caller.call(uri, part);
    expect((await refusal(caller))[1]).toContain(
      "takes the call: each of the 2 of its 3 callees that announce progressive_call_invocations and call_canceling reads too slowly: ",
    );
  });
});

test("one with too many calls hears of pendingCalls", async () => {
  const [callee, caller] = [await dial(), await dial()];
  await callee.register(uri);
  for (let count = 0; count < 6; count++) caller.call(uri);
  expect(await refusal(caller)).toEqual([
    "wamp.error.unavailable",
    `Cannot call ${uri}: 5 calls of this session wait for their answer, the router's limit pendingCalls; wait for some of them or cancel them ` +
    "before you call again, or raise the limit",
  ]);
});

test("one with too many calls of the router's own hears how many there may be", async () => {
  const caller = await on.dial().join("kept");
  const [, , , [id]] = await caller.ask([M.CALL, 100, {}, "wamp.subscription.lookup", ["com.example.log"]]) as [
    number,
    number,
    object,
    number[],
  ];
  for (let count = 0; count < 65; count++) caller.call("wamp.subscription.get_events", {}, [id!]);
  expect(await refusal(caller)).toEqual([
    "wamp.error.unavailable",
    "Cannot call wamp.subscription.get_events: 64 calls of this session wait for the router's own answer, the most that may whatever its limit " +
    "pendingCalls is; wait for some of them before you call again",
  ]);
  decision.resolve(true);
  for (let count = 0; count < 64; count++) expect((await caller.next())[0]).toBe(M.RESULT);
});
