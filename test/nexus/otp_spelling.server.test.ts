import { expect, test } from "vitest";
import type { Client } from "../../src/client/client.ts";
import { nexus } from "../../src/nexus/mod.ts";
import { RemoteError } from "../../src/wire/errors.ts";
import { RecordedNexus } from "./recorded_nexus.ts";

const uri = (name: string) => `com.izaber.wamp.${name}`;

test("a router with the other spelling is asked twice once, then in its own", async () => {
  await using router = await RecordedNexus.start();
  const server = await router.connect();
  const made = { uuid: "u", login: "ann", plaintext_key: "p" };
  const asked: string[] = [];
  await server.register(uri("my.otps.create"), () => (asked.push("my.otps.create"), made));
  await server.register(uri("my.otps.delete"), () => (asked.push("my.otps.delete"), true));
  await missing(server, "my.otp.create", asked);
  await missing(server, "my.otp.delete", asked);
  const wamp = await router.connect();
  expect(await nexus(wamp).otp.create()).toEqual(made);
  expect(await nexus(wamp).otp.create()).toEqual(made);
  await nexus(wamp).otp.delete("u");
  expect(asked).toEqual(["my.otp.create", "my.otps.create", "my.otps.create", "my.otps.delete"]);
});

test("without either spelling the error is that of the documented one, and nothing is remembered", async () => {
  await using router = await RecordedNexus.start();
  const server = await router.connect();
  const asked: string[] = [];
  await missing(server, "my.otp.list", asked);
  await missing(server, "my.otps.list", asked);
  const { otp } = nexus(await router.connect());
  for (let round = 0; round < 2; round++) {
    await expect(otp.list()).rejects.toMatchObject({ args: ["my.otp.list"], uri: "wamp.error.no_such_procedure" });
  }
  expect(asked).toEqual(["my.otp.list", "my.otps.list", "my.otp.list", "my.otps.list"]);
});

test("a session that Nexus does not know gets no password, and is told", async () => {
  await using router = await RecordedNexus.start();
  await (await router.connect()).register(uri("my.otp.create"), () => false);
  const { otp } = nexus(await router.connect());
  await expect(otp.create()).rejects.toMatchObject({ code: "refused" });
});

/** Answers as a router does that has no such procedure, and tells that it was asked. */
async function missing(server: Client, name: string, asked: string[]): Promise<void> {
  await server.register(uri(name), () => {
    asked.push(name);
    throw new RemoteError("wamp.error.no_such_procedure", [name]);
  });
}
