import { describe, expect, test } from "vitest";
import { direct, json, msgpack } from "../../src/codec/mod.ts";
import type { Args, Dict } from "../../src/wire/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import type { Message, Peer } from "./peer.ts";

const on = harness();
const trusted = { authid: "service", authrole: "trusted", authprovider: "static" };
const join = (authid: string, authrole = "user") => on.dial(json, { authid, authrole, authprovider: "test" }).join();

/** Calls a procedure and gives its result, or the error's URI. */
async function ask(peer: Peer, procedure: string, args: Args = [], kwargs: Dict = {}): Promise<unknown> {
  const answer = await peer.ask([M.CALL, peer.request(), {}, procedure, args, kwargs]);
  return answer[0] === M.RESULT ? (answer[3] as unknown[])[0] : answer[4];
}

describe("wamp.session", () => {
  test("count and list tell of all sessions, or those of some roles", async () => {
    const [ann, bob, cid] = [await join("ann"), await join("bob", "admin"), await join("cid", "guest")];
    expect(await ask(ann, "wamp.session.count")).toBe(3);
    expect(await ask(ann, "wamp.session.list")).toEqual([ann.id, bob.id, cid.id]);
    expect(await ask(ann, "wamp.session.count", [["admin", "guest", "nosuch"]])).toBe(2);
    expect(await ask(ann, "wamp.session.list", [["guest"]])).toEqual([cid.id]);
    expect(await ask(ann, "wamp.session.list", [[]])).toEqual([]);
    expect(await ask(ann, "wamp.session.count", [null])).toBe(3);
    expect(await ask(ann, "wamp.session.count", ["guest"])).toBe("wamp.error.invalid_argument");
  });

  test("get tells who a session is", async () => {
    const [ann, bob] = [await join("ann"), await join("bob", "admin")];
    expect(await ask(ann, "wamp.session.get", [bob.id])).toEqual({
      session: bob.id,
      authid: "bob",
      authrole: "admin",
      authmethod: "local",
      authprovider: "test",
      authextra: {},
      transport: { type: "memory", peer: expect.any(String) },
    });
    expect(await ask(ann, "wamp.session.get", [4711])).toBe("wamp.error.no_such_session");
    expect(await ask(ann, "wamp.session.get")).toBe("wamp.error.invalid_argument");
  });

  test("modify_details adds to what get tells, and takes it back by null", async () => {
    const [ann, bob] = [await join("ann"), await join("bob")];
    const modify = (details: unknown) => ask(ann, "wamp.session.modify_details", [bob.id, details as Dict]);
    expect(await modify({ room: "a", seats: [1, 2] })).toBe(null);
    expect(await modify({ room: "b", seats: null })).toBe(null);
    const details = await ask(ann, "wamp.session.get", [bob.id]) as Dict;
    expect([details.room, details.seats, details.authid]).toEqual(["b", undefined, "bob"]);
    for (const wrong of [{ authid: "ann" }, { session: 1, x: 1 }, "x", undefined, [1], { x: "x".repeat(20_000) }]) {
      expect(await modify(wrong)).toBe("wamp.error.invalid_argument");
    }
    const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`key${index}`, index]));
    expect(await modify(many)).toBe("wamp.error.invalid_argument");
    expect(await ask(ann, "wamp.session.get", [bob.id])).toEqual(details);
    expect(await ask(ann, "wamp.session.modify_details", [4711, {}])).toBe("wamp.error.no_such_session");
  });

  test.each([["json", json], ["msgpack", msgpack], ["this process", direct]])(
    "tells what was noted of a session, whatever it was said in (%s)",
    async (_, serializer) => {
      const [ann, bob] = [await join("ann"), await on.dial(serializer).join()];
      const noted = { place: { room: [1, "two"], free: true }, load: 0.5, none: null };
      expect(await ask(bob, "wamp.session.modify_details", [bob.id, noted])).toBe(null);
      const { place, load, none } = await ask(ann, "wamp.session.get", [bob.id]) as Dict;
      expect([place, load, none]).toEqual([noted.place, 0.5, undefined]);
    },
  );

  test("does not hand out the very object that a session's login is known by", async () => {
    const authextra = { key: "value" };
    const principal = { authid: "bob", authrole: "user", authprovider: "test", authextra };
    const bob = await on.dial(direct, principal).join();
    const ann = await on.dial().join();
    const details = await ask(ann, "wamp.session.get", [bob.id]) as Dict;
    expect(details.authextra).toEqual(authextra);
    expect(details.authextra).not.toBe(authextra);
  });

  test("neither shows nor kills the sessions that serve the realm itself", async () => {
    const service = await on.dial(json, trusted).join();
    const ann = await join("ann");
    expect(await ask(ann, "wamp.session.list")).toEqual([ann.id]);
    expect(await ask(ann, "wamp.session.get", [service.id])).toBe("wamp.error.no_such_session");
    expect(await ask(ann, "wamp.session.kill", [service.id])).toBe("wamp.error.no_such_session");
    expect(await ask(ann, "wamp.session.kill_by_authrole", ["trusted"])).toBe(0);
    expect(await ask(ann, "wamp.session.kill_by_authid", ["service"])).toEqual([]);
    expect(await ask(ann, "wamp.session.kill_all")).toBe(0);
    expect(await service.rest()).toEqual([]);
  });

  test.each(["wamp.session.nosuch", "wamp.session"])("%s is no procedure", async (procedure) => {
    expect(await ask(await join("ann"), procedure)).toBe("wamp.error.no_such_procedure");
  });
});

describe("wamp.session.kill", () => {
  test("ends a session at once; its client may join again on the same connection", async () => {
    const [ann, bob] = [await join("ann"), await join("bob")];
    bob.polite = false;
    const registration = await bob.register("com.example.p");
    expect(registration).toBeGreaterThan(0);
    expect(await ask(ann, "wamp.session.kill", [bob.id])).toBe(null);
    expect(await bob.next()).toEqual([M.GOODBYE, {}, "wamp.close.killed"]);
    expect(await ask(ann, "com.example.p")).toBe("wamp.error.no_such_procedure");
    bob.call("wamp.session.count");
    expect(await bob.rest()).toEqual([]);
    bob.send([M.GOODBYE, {}, "wamp.close.goodbye_and_out"]);
    bob.polite = true;
    const before = bob.id;
    await bob.join();
    expect(bob.id).not.toBe(before);
    expect(await ask(ann, "wamp.session.count")).toBe(2);
  });

  test("says the reason and the message that it was given", async () => {
    const [ann, bob] = [await join("ann"), await join("bob")];
    await ask(ann, "wamp.session.kill", [bob.id], { reason: "com.example.bye", message: "Bye." });
    expect(await bob.next()).toEqual([M.GOODBYE, { message: "Bye." }, "com.example.bye"]);
  });

  test.each<[Dict, string]>([
    [{ reason: "no uri" }, "wamp.error.invalid_uri"],
    [{ reason: 1 }, "wamp.error.invalid_uri"],
    [{ message: 1 }, "wamp.error.invalid_argument"],
  ])("with %j kills nobody", async (kwargs, error) => {
    const [ann, bob] = [await join("ann"), await join("bob")];
    expect(await ask(ann, "wamp.session.kill", [bob.id], kwargs)).toBe(error);
    expect(await ask(ann, "wamp.session.kill_all", [], kwargs)).toBe(error);
    expect(await bob.rest()).toEqual([]);
  });

  test("never ends the caller's own session, and says what it ended", async () => {
    const [ann, bob, cid] = [await join("ann"), await join("bob"), await join("cid", "guest")];
    const again = await join("ann");
    expect(await ask(ann, "wamp.session.kill", [ann.id])).toBe("wamp.error.no_such_session");
    expect(await ask(ann, "wamp.session.kill_by_authid", ["ann"])).toEqual([again.id]);
    expect(await ask(ann, "wamp.session.kill_by_authrole", ["user"])).toBe(1);
    expect((await bob.next())[0]).toBe(M.GOODBYE);
    expect(await ask(ann, "wamp.session.kill_all")).toBe(1);
    expect((await cid.next())[0]).toBe(M.GOODBYE);
    expect(await ask(ann, "wamp.session.list")).toEqual([ann.id]);
    expect(await ask(ann, "wamp.session.kill_by_authid")).toBe("wamp.error.invalid_argument");
  });

  test("tells none of those that it ends of the others", async () => {
    const [ann, bob, cid] = [await join("ann"), await join("bob", "guest"), await join("cid", "guest")];
    for (const peer of [bob, cid]) await peer.subscribe("wamp.session.on_leave");
    await ask(ann, "wamp.session.kill_all");
    for (const peer of [bob, cid]) expect((await peer.rest()).map(([type]) => type)).toEqual([M.GOODBYE]);
  });
});

describe("session events", () => {
  const events = async (peer: Peer) => (await peer.rest()).map((message: Message) => message[4]);

  test("tell who joined and who left", async () => {
    const ann = await join("ann");
    await ann.subscribe("wamp.session.on_join");
    await ann.subscribe("wamp.session.on_leave");
    const bob = await join("bob", "admin");
    expect(await events(ann)).toEqual([[await ask(ann, "wamp.session.get", [bob.id])]]);
    bob.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await bob.next();
    expect(await events(ann)).toEqual([[bob.id, "bob", "admin"]]);
  });

  test("tell of a lost connection, too, and of one that was killed", async () => {
    const ann = await join("ann");
    await ann.subscribe("wamp.session.on_leave");
    const [bob, cid] = [await join("bob"), await join("cid")];
    bob.connection.close(1000, "");
    await bob.closed;
    expect(await events(ann)).toEqual([[bob.id, "bob", "user"]]);
    ann.call("wamp.session.kill", {}, [cid.id]);
    const [event] = await ann.rest();
    expect(event!.slice(4)).toEqual([[cid.id, "cid", "user"]]);
  });

  test("tell nothing of the sessions that serve the realm itself", async () => {
    const ann = await join("ann");
    await ann.subscribe("wamp.session", { match: "prefix" });
    const service = await on.dial(json, trusted).join();
    service.send([M.GOODBYE, {}, "wamp.close.normal"]);
    await service.next();
    expect(await events(ann)).toEqual([]);
  });
});
