import { expect, test } from "vitest";
import { cryptosign, scram, wampcra } from "@izaber/wamp";
import {
  cryptosignAuthenticator,
  cryptosignPublicKey,
  scramAuthenticator,
  scramCredentials,
} from "@izaber/wamp/router";
import type { Authenticator, JoinRequest } from "@izaber/wamp/router";
import { authRouter, joe } from "../support/auth_router.ts";

const PRIVATE_KEY = "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510";
const id = new Uint8Array(32).fill(7);
const bound = { channelBinding: { type: "tls-exporter", id: () => id } };
const channelIds = () => id;

async function byScram(name = "joe"): Promise<Authenticator> {
  const credentials = await scramCredentials("secret", { iterations: 4_096 });
  const user = { credentials, principal: { ...joe, authid: name } };
  const lookup = ({ authid }: JoinRequest) => authid?.normalize("NFKC") === name ? user : undefined;
  return scramAuthenticator(lookup, { channelIds, unknown: { iterations: 4_096 } });
}

async function byKey(): Promise<Authenticator> {
  const known = await cryptosignPublicKey(PRIVATE_KEY);
  return cryptosignAuthenticator((_request, key) => key === known ? joe : undefined, { channelIds });
}

test("a method says so when HELLO asks for the channel binding of another", async () => {
  const key = cryptosign(PRIVATE_KEY, { authid: "joe", ...bound });
  await using password = authRouter(await byScram());
  await expect(password.join([key, scram("joe", "secret")])).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringMatching(/"wamp-scram".* its channel binding is none, .*"tls-exporter"/),
  });
  expect(await password.join([key, scram("joe", "secret", bound)])).toMatchObject({ authid: "joe" });
  await using keys = authRouter(await byKey());
  await expect(keys.join([scram("joe", "secret", bound), cryptosign(PRIVATE_KEY)])).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringMatching(/"cryptosign".* its channel binding is none, .*"tls-exporter"/),
  });
  expect(await keys.join([key, scram("joe", "secret")])).toMatchObject({ authid: "joe", authmethod: "cryptosign" });
});

test("scram says so when HELLO has the name as another method spells it", async () => {
  await using on = authRouter(await byScram("fi"));
  expect(await on.join(scram("\uFB01", "secret"))).toMatchObject({ authid: "fi" });
  await expect(on.join([wampcra("\uFB01", "secret"), scram("\uFB01", "secret")])).rejects.toMatchObject({
    code: "authentication_failed",
    message: expect.stringContaining('it signs the name "fi", but'),
  });
  expect(await on.join([wampcra("fi", "secret"), scram("\uFB01", "secret")])).toMatchObject({ authid: "fi" });
});
