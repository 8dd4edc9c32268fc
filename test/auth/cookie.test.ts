import { expect, test } from "vitest";
import { cookie, ticket } from "@izaber/wamp";
import { ticketAuthenticator } from "@izaber/wamp/router";
import { MessageType } from "../../src/wire/message_type.ts";
import { authRouter, joe } from "../support/auth_router.ts";
import { scripted } from "../support/scripted_client.ts";

test("a router that knows the cookie asks nothing", async () => {
  const { client, router } = scripted({ auth: cookie() });
  const opened = client.open();
  const peer = await router.accept();
  const hello = await peer.welcome(7, { authid: "joe", authmethod: "cookie" });
  await opened;
  expect(hello.options).toMatchObject({ authmethods: ["cookie"] });
  expect(hello.options).not.toHaveProperty("authid");
  expect(client.details).toMatchObject({ authid: "joe", authmethod: "cookie" });
});

test("one that does not takes the next method", async () => {
  const accepts = ticketAuthenticator((_, secret) =>
    secret === "secret"
      ? { next: "accept", principal: joe }
      : { next: "deny", reason: "com.example.denied", message: "denied" }
  );
  await using on = authRouter(accepts);
  expect(await on.join([cookie(), ticket("joe", "secret")])).toMatchObject({ authid: "joe", authmethod: "ticket" });
});

test("there is no answer to a challenge", async () => {
  const { client, router } = scripted({ auth: cookie() });
  const opened = client.open();
  const peer = await router.accept();
  await peer.next(MessageType.HELLO);
  peer.send([MessageType.CHALLENGE, "cookie", {}]);
  expect((await peer.next(MessageType.ABORT)).uri).toBe("wamp.error.cannot_authenticate");
  await expect(opened).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringContaining("cookie"),
  });
});
