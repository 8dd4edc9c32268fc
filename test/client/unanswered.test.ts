import { expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined, reconnect, refuse } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

test("a registration that the session before asked for in vain is asked for again while that may hold it, for six seconds", async () => {
  for (const [refusals, outcome] of [[3, "made"], [6, "wamp.error.procedure_already_exists"]] as const) {
    const on = await joined();
    const made = on.client.register("a.p", () => 1).then(() => "made", (error) => error.uri);
    await on.peer.next(MessageType.REGISTER);
    const next = await reconnect(on, 8);
    const began = on.clock.now();
    for (let refusal = 0; refusal < refusals; refusal++) {
      if (refusal > 0) on.clock.advance(200 * 2 ** (refusal - 1));
      await refuse(next, MessageType.REGISTER, "wamp.error.procedure_already_exists");
      expect(on.client.status).toBe("ready");
    }
    if (outcome === "made") {
      on.clock.advance(10_000);
      await next.registered(5);
    } else expect(on.clock.now() - began).toBe(6_200);
    expect(await made).toBe(outcome);
    await settle();
    expect([next.unread, on.clock.pending]).toEqual([0, 0]);
  }
});

test("another refusal of what the session before asked for in vain is final", async () => {
  const on = await joined();
  const made = on.client.register("a.p", () => 1).catch((error) => error.uri);
  await on.peer.next(MessageType.REGISTER);
  const next = await reconnect(on, 8);
  await refuse(next, MessageType.REGISTER, "wamp.error.authorization_failed");
  expect([await made, on.clock.pending]).toEqual(["wamp.error.authorization_failed", 0]);
});
