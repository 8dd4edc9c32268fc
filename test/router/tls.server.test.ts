import { expect, test } from "vitest";
import { anonymousAuthenticator } from "../../src/auth/mod.ts";
import { tlsAuthenticator } from "../../src/router/mod.ts";
import type { PeerCertificate } from "../../src/router/mod.ts";
import { MessageType as M } from "../../src/wire/mod.ts";
import { harness } from "./harness.ts";
import { plainRoles } from "./peer.ts";

const machines = tlsAuthenticator((_, { fingerprint, subject }) =>
  fingerprint.startsWith("aa")
    ? { next: "accept", principal: { authid: subject.CN!, authrole: "machine", authprovider: "static" } }
    : { next: "deny", reason: "wamp.error.authentication_denied", message: `unknown certificate ${fingerprint}` }
);

const on = harness(() => ({
  realms: [{ name: "realm1", authenticators: [machines, anonymousAuthenticator({ authrole: "public" })] }],
}));

const showing = (fingerprint: string): { certificate: PeerCertificate } => ({
  certificate: { subject: { CN: "printer-1" }, issuer: { CN: "ca" }, names: [], fingerprint },
});
const hello = (...authmethods: string[]) => [M.HELLO, "realm1", { roles: plainRoles, authmethods }];

test("who shows a certificate is who it says", async () => {
  const peer = on.dial(undefined, undefined, showing("aa01"));
  expect(await peer.ask(hello("tls", "anonymous"))).toMatchObject([
    M.WELCOME,
    {},
    { authid: "printer-1", authrole: "machine", authmethod: "tls" },
  ]);
});

test("a certificate that nobody knows is refused, not passed over", async () => {
  const peer = on.dial(undefined, undefined, showing("bb01"));
  expect((await peer.ask(hello("tls", "anonymous")))[2]).toBe("wamp.error.authentication_denied");
});

test("without one the next method has its turn, and there is an error without a next", async () => {
  expect(await on.dial().ask(hello("tls", "anonymous"))).toMatchObject([M.WELCOME, {}, { authrole: "public" }]);
  expect((await on.dial().ask(hello("tls")))[2]).toBe("wamp.error.no_auth_method");
});
