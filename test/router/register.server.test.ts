import { describe, expect, test } from "vitest";
import { openRealm } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import type { Random } from "../../src/wire/mod.ts";
import { systemRandom } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Peer } from "./peer.ts";
import { plainRoles } from "./peer.ts";

const draws: number[] = [];
const random: Random = { bytes: (length) => systemRandom.bytes(length), number: () => draws.shift() ?? 0 };
const on = harness(() => ({ realms: [openRealm("realm1")], limits: { registrations: 3 }, random }));

/** Calls and answers; gives which of the callees got it. */
async function whoAnswers(caller: Peer, callees: Peer[], procedure: string): Promise<number> {
  const request = caller.call(procedure);
  const inboxes = await Promise.all(callees.map((callee) => callee.rest()));
  const answered = inboxes.findIndex((inbox) => inbox.length > 0);
  callees[answered]!.send([M.YIELD, inboxes[answered]![0]![1], {}]);
  expect(await caller.next()).toEqual([M.RESULT, request, {}]);
  return answered;
}

describe("REGISTER", () => {
  test("of what another session holds is refused, in Nexus's words", async () => {
    const [first, second] = [await on.dial().join(), await on.dial().join()];
    await first.register("com.example.one");
    for (const peer of [first, second]) {
      const request = peer.request();
      expect(await peer.ask([M.REGISTER, request, {}, "com.example.one"])).toEqual([
        M.ERROR,
        M.REGISTER,
        request,
        {},
        "wamp.error.procedure_already_exists",
        ["register for already registered procedure 'com.example.one'"],
      ]);
    }
  });

  test("of one URI with different match makes different registrations", async () => {
    const peer = await on.dial().join();
    const ids = [];
    for (const match of ["exact", "prefix", "wildcard"]) ids.push(await peer.register("com.example.one", { match }));
    expect(new Set(ids).size).toBe(3);
  });

  test("of a reserved URI is refused, of one that only looks like it is not", async () => {
    const peer = await on.dial().join();
    expect(await peer.ask([M.REGISTER, 1, {}, "wamp.session.count"])).toEqual([
      M.ERROR,
      M.REGISTER,
      1,
      {},
      "wamp.error.invalid_uri",
      ["register for restricted procedure URI 'wamp.session.count'"],
    ]);
    for (const uri of ["wamp", "wampx.y"]) await peer.register(uri);
  });

  test.each([["wamp", "prefix"], ["wamp", "wildcard"], ["wamp.", "prefix"], ["wamp..count", "wildcard"]])(
    "of the reserved %j as %s is refused",
    async (uri, match) => {
      const peer = await on.dial().join();
      const answer = await peer.ask([M.REGISTER, 1, { match }, uri]);
      expect(answer.slice(0, 5)).toEqual([M.ERROR, M.REGISTER, 1, {}, "wamp.error.invalid_uri"]);
    },
  );

  test.each([["", "prefix"], ["wam", "prefix"], [".session.count", "wildcard"], ["..", "wildcard"]])(
    "of %j as %s gets no calls of reserved URIs",
    async (uri, match) => {
      const [peer, caller] = [await on.dial().join(), await on.dial().join()];
      await peer.register(uri, { match });
      caller.call("wamp.session.count");
      expect((await caller.next())[3]).toEqual([2]);
      expect(await peer.rest()).toEqual([]);
    },
  );

  test.each([
    ["", {}],
    ["a..b", {}],
    ["a..b", { match: "prefix" }],
    ["a b", { match: "wildcard" }],
    [`a${".b".repeat(4096)}`, {}],
    [".".repeat(100_000), { match: "wildcard" }],
    [".".repeat(64), { match: "wildcard" }],
  ])("of the invalid URI %j with %j gets invalid_uri", async (uri, options) => {
    const peer = await on.dial().join();
    const answer = await peer.ask([M.REGISTER, 1, options, uri]);
    expect(answer.slice(0, 5)).toEqual([M.ERROR, M.REGISTER, 1, {}, "wamp.error.invalid_uri"]);
  });

  test.each([["a.", "prefix"], ["", "prefix"], ["", "wildcard"], ["a..b", "wildcard"], ["a.b.", "wildcard"], [
    ".".repeat(63),
    "wildcard",
  ]])(
    "takes %j as %s",
    async (uri, match) => {
      const peer = await on.dial().join();
      await peer.register(uri, { match });
    },
  );

  test("beyond the limit is refused, and room that was made can be used", async () => {
    const peer = await on.dial().join();
    const id = await peer.register("a.1");
    await peer.register("a.2");
    await peer.register("a.3");
    const answer = await peer.ask([M.REGISTER, 4, {}, "a.4"]);
    expect(answer.slice(0, 5)).toEqual([M.ERROR, M.REGISTER, 4, {}, "wamp.error.option_not_allowed"]);
    await peer.ask([M.UNREGISTER, 5, id]);
    await peer.register("a.4");
  });
});

describe("UNREGISTER", () => {
  test("ends a registration, but not what runs on it", async () => {
    const [callee, caller] = [await on.dial().join(), await on.dial().join()];
    const id = await callee.register("com.example.one");
    const running = caller.call("com.example.one");
    await callee.next();
    expect(await callee.ask([M.UNREGISTER, 9, id])).toEqual([M.UNREGISTERED, 9]);
    caller.call("com.example.one");
    expect((await caller.next())[4]).toBe("wamp.error.no_such_procedure");
    callee.send([M.YIELD, 1, {}, ["done"]]);
    expect(await caller.next()).toEqual([M.RESULT, running, {}, ["done"]]);
  });

  test("of an unknown, a former or somebody else's registration gets no_such_registration, without args", async () => {
    const [holder, other] = [await on.dial().join(), await on.dial().join()];
    const id = await holder.register("com.example.one");
    expect(await other.ask([M.UNREGISTER, 1, id])).toEqual([
      M.ERROR,
      M.UNREGISTER,
      1,
      {},
      "wamp.error.no_such_registration",
    ]);
    expect(await holder.ask([M.UNREGISTER, 2, id])).toEqual([M.UNREGISTERED, 2]);
    for (const unknown of [id, 12345]) {
      const answer = await holder.ask([M.UNREGISTER, 3, unknown]);
      expect(answer).toEqual([M.ERROR, M.UNREGISTER, 3, {}, "wamp.error.no_such_registration"]);
    }
  });
});

describe("a shared registration", () => {
  const three = async (invoke: string) => {
    const callees = [await on.dial().join(), await on.dial().join(), await on.dial().join()];
    const ids = [];
    for (const callee of callees) ids.push(await callee.register("com.example.shared", { invoke }));
    expect(new Set(ids).size).toBe(1);
    return { callees, caller: await on.dial().join() };
  };

  test.each([
    ["first", [0, 0, 0, 0]],
    ["last", [2, 2, 2, 2]],
    ["roundrobin", [0, 1, 2, 0]],
  ])("is called as %s says", async (invoke, order) => {
    const { callees, caller } = await three(invoke);
    const got = [];
    for (const _ of order) got.push(await whoAnswers(caller, callees, "com.example.shared"));
    expect(got).toEqual(order);
  });

  test("is called at random", async () => {
    const { callees, caller } = await three("random");
    draws.push(0.5, 0.99, 0, 0.4);
    const got = [];
    for (let count = 0; count < 4; count++) got.push(await whoAnswers(caller, callees, "com.example.shared"));
    expect(got).toEqual([1, 2, 0, 1]);
  });

  test("goes on round robin when one leaves", async () => {
    const { callees, caller } = await three("roundrobin");
    expect(await whoAnswers(caller, callees, "com.example.shared")).toBe(0);
    callees[0]!.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await callees[0]!.next();
    expect(await whoAnswers(caller, callees, "com.example.shared")).toBe(1);
    expect(await whoAnswers(caller, callees, "com.example.shared")).toBe(2);
    expect(await whoAnswers(caller, callees, "com.example.shared")).toBe(1);
  });

  test("has one part for each session, however often it registers", async () => {
    const { callees, caller } = await three("roundrobin");
    await callees[0]!.register("com.example.shared", { invoke: "roundrobin" });
    const got = [];
    for (let count = 0; count < 4; count++) got.push(await whoAnswers(caller, callees, "com.example.shared"));
    expect(got).toEqual([0, 1, 2, 0]);
  });

  test("refuses another policy", async () => {
    await three("first");
    const peer = await on.dial().join();
    expect((await peer.ask([M.REGISTER, 1, {}, "com.example.shared"]))[4]).toBe(
      "wamp.error.procedure_exists_with_different_invocation_policy",
    );
  });

  test("gives no callee more at a time than it takes, and the caller an error when all are busy", async () => {
    const [one, two] = [await on.dial().join(), await on.dial().join()];
    const caller = await on.dial().join();
    await one.register("com.example.busy", { invoke: "first", concurrency: 1 });
    await two.register("com.example.busy", { invoke: "first", concurrency: 1 });
    caller.call("com.example.busy");
    caller.call("com.example.busy");
    const refused = caller.call("com.example.busy");
    expect((await one.next())[1]).toBe(1);
    expect((await two.next())[1]).toBe(1);
    const answer = await caller.next();
    expect(answer.slice(0, 5)).toEqual([M.ERROR, M.CALL, refused, {}, "crossbar.error.max_concurrency_reached"]);
    one.send([M.YIELD, 1, {}]);
    await caller.next();
    caller.call("com.example.busy");
    expect((await one.next())[1]).toBe(2);
  });
});

describe("force_reregister", () => {
  test("does not take over what the router itself serves, unless by the router itself", async () => {
    const principal = { authid: "x", authprovider: "static" };
    const own = () => on.dial(undefined, { ...principal, authrole: "trusted" }).join();
    const [first, second] = [await own(), await own()];
    const local = await on.dial(undefined, { ...principal, authrole: "backend" }).join();
    const [stranger, caller] = [await on.dial().join(), await on.dial().join()];
    await first.register("com.example.own", { invoke: "roundrobin" });
    for (const peer of [stranger, local]) {
      const request = peer.request();
      const options = { force_reregister: true };
      expect((await peer.ask([M.REGISTER, request, options, "com.example.own"])).slice(0, 5)).toEqual([
        M.ERROR,
        M.REGISTER,
        request,
        {},
        "wamp.error.procedure_exists_with_different_invocation_policy",
      ]);
    }
    expect(await whoAnswers(caller, [first, stranger, local], "com.example.own")).toBe(0);
    await second.register("com.example.own", { force_reregister: true });
    expect((await first.next())[0]).toBe(M.UNREGISTERED);
    expect(await whoAnswers(caller, [first, second], "com.example.own")).toBe(1);
  });

  test("takes a procedure over and tells all who had it", async () => {
    const [a, b, c] = [await on.dial().join(), await on.dial().join(), await on.dial().join()];
    const id = await a.register("com.example.force", { invoke: "roundrobin" });
    await b.register("com.example.force", { invoke: "roundrobin" });
    const taken = await c.register("com.example.force", { force_reregister: true });
    expect(taken).not.toBe(id);
    for (const peer of [a, b]) {
      expect(await peer.next()).toEqual([M.UNREGISTERED, 0, { registration: id, reason: "wamp.error.unregistered" }]);
    }
    const caller = await on.dial().join();
    caller.call("com.example.force");
    expect((await c.next()).slice(0, 3)).toEqual([M.INVOCATION, 1, taken]);
  });

  test("by the session that has it tells it first", async () => {
    const peer = await on.dial().join();
    const id = await peer.register("com.example.force");
    peer.send([M.REGISTER, 7, { force_reregister: true }, "com.example.force"]);
    expect(await peer.next()).toEqual([M.UNREGISTERED, 0, { registration: id, reason: "wamp.error.unregistered" }]);
    expect((await peer.next()).slice(0, 2)).toEqual([M.REGISTERED, 7]);
  });

  test("tells nothing to a session that does not know what revocation is", async () => {
    const plain = await on.dial().join("realm1", plainRoles);
    const peer = await on.dial().join();
    await plain.register("com.example.force");
    await peer.register("com.example.force", { force_reregister: true });
    expect(await plain.rest()).toEqual([]);
  });

  test("with another match leaves the exact registration alone", async () => {
    const [a, b] = [await on.dial().join(), await on.dial().join()];
    await a.register("com.example.force");
    await b.register("com.example.force", { force_reregister: true, match: "prefix" });
    expect(await a.rest()).toEqual([]);
  });
});
