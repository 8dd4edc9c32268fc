import { expect, test } from "vitest";
import { createClient, scram, ticket, wampcra } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { scripted } from "../support/scripted_client.ts";

const methods = [["ticket", ticket], ["wampcra", wampcra], ["scram", scram]] as const;

for (const [name, method] of methods) {
  test.each([[undefined, "undefined"], [null, "null"], [4711, "of type number"]])(
    `${name} refuses the secret %s where it is given`,
    (secret, found) => {
      const message =
        `Cannot join by ${name}: the secret is ${found}, expected a text, or a function that gives it; is ` +
        `there a variable that is not set?`;
      expect(() => method("ada", secret as never)).toThrow(
        expect.objectContaining({ code: "invalid_argument", message }),
      );
    },
  );

  test(`${name} says so when the function that is asked for the secret gives none`, async () => {
    const { client, router } = scripted({ auth: method("ada", (() => undefined) as never) });
    const opened = client.open().catch((error) => error);
    const peer = await router.accept();
    const hello = await peer.next(MessageType.HELLO);
    const { nonce } = (hello.options.authextra ?? {}) as { nonce?: string };
    const scramming = { nonce: `${nonce}x`, salt: "c2FsdHNhbHRzYWx0c2FsdA==", kdf: "pbkdf2", iterations: 100_000 };
    const extra = name === "ticket" ? {} : name === "wampcra" ? { challenge: "{}" } : scramming;
    peer.send([MessageType.CHALLENGE, name === "scram" ? "wamp-scram" : name, extra]);
    expect(await opened).toMatchObject({
      code: "authentication_failed",
      message: expect.stringContaining(`Cannot join by ${name}: the secret is undefined, expected a text`),
    });
  });

  test(`${name} refuses a name that is none`, () => {
    expect(() => method(undefined as never, "secret")).toThrow(
      expect.objectContaining({
        code: "invalid_argument",
        message: expect.stringContaining("the name is undefined, expected a text"),
      }),
    );
  });
}

test.each(["secret", null, 5, {}, [ticket("ada", "secret"), "secret"]])(
  "the option auth has to be a way to join, and %j is not shown",
  (auth) => {
    const make = () => createClient("ws://127.0.0.1:1/ws", { realm: "realm1", auth: auth as never });
    expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(make).toThrow(/Cannot join: auth is of type (string|number|object), expected a method such as ticket\(/);
  },
);

test("an empty list of ways to join is none", async () => {
  const make = () => createClient("ws://127.0.0.1:1/ws", { realm: "realm1", auth: [] });
  expect(make).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  expect(make).toThrow(/Cannot join: auth is an empty list, expected a method such as ticket\(/);
  const { client, router } = scripted({ auth: () => [] });
  await expect(client.open()).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("auth is an empty list, expected a method"),
  });
  expect(router.dialled).toBe(0);
});

test("a function that gives no way to join fails that attempt, and changeUser changes nothing then", async () => {
  const { client, router } = scripted({ auth: (() => "secret") as never });
  await expect(client.open()).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringContaining("auth is of type string, expected a method"),
  });
  const other = scripted();
  const opened = other.client.open();
  await other.router.join();
  await opened;
  await expect(other.client.changeUser("ada" as never)).rejects.toMatchObject({ code: "invalid_argument" });
  expect([router.dialled, other.router.dialled, other.client.status]).toEqual([0, 1, "ready"]);
});
