import { expect, test } from "vitest";
import { connect, createClient } from "@izaber/wamp";

test.each([[undefined, "undefined"], [null, "null"], [5, "5"], [{}, "an object"], [
  ["ws://127.0.0.1/ws", undefined],
  "undefined",
]])(
  "%j leads to no router, and that is said at once",
  async (target, found) => {
    const error = {
      code: "invalid_argument",
      message: `Cannot make a client: the target is ${found}, expected a URL such as "wss://nexus.example.com/ws"`,
    };
    expect(() => createClient(target as never, { realm: "realm1" })).toThrow(expect.objectContaining(error));
    await expect(connect(target as never, { realm: "realm1" })).rejects.toMatchObject(error);
  },
);
