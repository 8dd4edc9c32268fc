import { expect, test } from "vitest";
import { json } from "../../src/codec/mod.ts";
import { Connection } from "../../src/transport/connection.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { fullRoles } from "./peer.ts";
import type { Message } from "./peer.ts";
import { Socket } from "./socket.ts";

const on = harness(() => ({ limits: { documentBytes: 3_000, testamentBytes: 3_000 } }));
/** What JSON reads as an infinity and cannot write, with lists that take three bytes each as JSON and many more as values. */
const infinite = (count: number) => `[1e400,${Array.from({ length: count }, () => "[]").join()}]`;
const values = [Infinity, [], []];

interface Talker {
  readonly id: number;
  /** Sends JSON that no serializer would make, and gives what comes. */
  ask(text: string): Promise<Message[]>;
  leave(): void;
}

async function join(): Promise<Talker> {
  const socket = new Socket();
  on.router.accept(new Connection(socket, json));
  socket.receive([M.HELLO, "realm1", { roles: fullRoles }]);
  const [welcome] = await socket.said();
  const ask = (text: string) => {
    socket.receiveText(text);
    return socket.said();
  };
  return { id: welcome![1] as number, ask, leave: () => socket.terminate() };
}

test("a document that cannot be encoded again is told to who can read it, and gone with its registration", async () => {
  const reader = await on.dial().join();
  for (let time = 0; time < 5; time++) {
    const callee = await join();
    const [registered] = await callee.ask(
      `[64,1,{"_document":{"text":"${"x".repeat(900)}","most":${infinite(2)}}},"a.b"]`,
    );
    expect(registered!.slice(0, 2)).toEqual([M.REGISTERED, 1]);
    reader.call("wamp.registration.get", {}, [registered![2] as number]);
    expect((await reader.next())[3]).toMatchObject([{ _document: { most: values } }]);
    const [answer] = await callee.ask(`[48,2,{},"wamp.registration.get",[${registered![2]}]]`);
    expect(answer!.slice(0, 3)).toEqual([M.ERROR, M.CALL, 2]);
    callee.leave();
  }
  expect(on.router.reached()).toEqual({});
});

test("a REGISTER with a document that finds no room as values revokes nothing", async () => {
  const [holder, callee] = [await on.dial().join(), await join()];
  await holder.register("a.b");
  const register = `[64,1,{"force_reregister":true,"_document":${infinite(100)}},"a.b"]`;
  const [refusal] = await callee.ask(register);
  expect([refusal![0], refusal![4]]).toEqual([M.ERROR, "wamp.error.option_not_allowed"]);
  expect(await holder.rest()).toEqual([]);
  expect((await callee.ask(register.replace(infinite(100), infinite(2)).replace("64,1", "64,2")))[0]![0])
    .toBe(M.REGISTERED);
  expect((await holder.next())[0]).toBe(M.UNREGISTERED);
  callee.leave();
});

test("a testament that cannot be encoded again is published, and counts for what it takes as values", async () => {
  const [heir, dying] = [await on.dial().join(), await join()];
  await heir.subscribe("a.b");
  const add = (request: number, args: string) =>
    dying.ask(`[48,${request},{},"wamp.session.add_testament",["a.b",${args}]]`);
  expect(await add(1, infinite(2))).toEqual([[M.RESULT, 1, {}, [null]]]);
  const [refusal] = await add(2, infinite(100));
  expect([refusal![0], refusal![4]]).toEqual([M.ERROR, "wamp.error.invalid_argument"]);
  dying.leave();
  expect((await heir.rest()).map((event) => event[4])).toEqual([values]);
});

test("what is noted of a session may not be encodable again; all of it is noted, or nothing", async () => {
  const [reader, noter] = [await on.dial().join(), await join()];
  const modify = (request: number, details: string) =>
    noter.ask(`[48,${request},{},"wamp.session.modify_details",[${noter.id},${details}]]`);
  const noted = async () => {
    reader.call("wamp.session.get", {}, [noter.id]);
    return ((await reader.next())[3] as unknown[])[0];
  };
  const [refusal] = await modify(1, `{"before":1,"much":${infinite(1_000)},"after":2}`);
  expect([refusal![0], refusal![4]]).toEqual([M.ERROR, "wamp.error.invalid_argument"]);
  expect(await noted()).not.toHaveProperty("before");
  expect(await modify(2, `{"before":1,"most":${infinite(2)},"after":2}`)).toEqual([[M.RESULT, 2, {}, [null]]]);
  expect(await noted()).toMatchObject({ before: 1, most: values, after: 2 });
  noter.leave();
});
