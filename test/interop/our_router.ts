import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  anonymousAuthenticator,
  cryptosignAuthenticator,
  deriveCraSecret,
  Router,
  ticketAuthenticator,
  wampcraAuthenticator,
} from "../../src/router/mod.ts";
import { scramDraftAuthenticator, scramDraftCredentials } from "../../src/auth/scram_argon2.ts";
import { listen, listenRawSocket } from "../../src/serve/mod.ts";
import type { Ability, Credentials } from "./peer.ts";
import { everything } from "./peer.ts";

/** A user, by every method. */
export const joe = { authid: "joe", secret: "a secret of joe's" } as const;
const principal = { authid: "joe", authrole: "user", authprovider: "static" };

/** The private key is the one of the specification's test vectors. */
export const joesKey = {
  secret: "4d57d97a68f555696620a6d849c0ce582568518d729eb753dc7c732de2804510",
};

/** Our router, on every transport. */
export interface OurRouter {
  readonly ws: string;
  readonly rs: string;
  readonly unix: string;
  readonly can: ReadonlySet<Ability>;
  close(): Promise<void>;
}

/** Opens `realm1` for anybody and `secure` for joe. */
export async function openOurRouter(publicKey: string): Promise<OurRouter> {
  const salting = { salt: "salt123", iterations: 1_000, keylen: 32 };
  const salted = await deriveCraSecret(joe.secret, salting);
  const credentials = await scramDraftCredentials(joe.secret, { iterations: 3, memory: 16_384 });
  const router = new Router({
    realms: [
      { name: "realm1", authenticators: [anonymousAuthenticator()] },
      {
        name: "secure",
        authenticators: [
          ticketAuthenticator(({ authid }, ticket) =>
            authid === "joe" && ticket === joe.secret
              ? { next: "accept", principal }
              : { next: "deny", reason: "wamp.error.authentication_denied", message: "not this one" }
          ),
          wampcraAuthenticator(({ authid }) =>
            authid === "joe"
              ? { secret: joe.secret, principal }
              : authid === "salted"
              ? { secret: salted, salting, principal: { ...principal, authid: "salted" } }
              : undefined
          ),
          scramDraftAuthenticator(({ authid }) => authid === "joe" ? { credentials, principal } : undefined),
          cryptosignAuthenticator((_request, key) => key === publicKey ? principal : undefined),
        ],
      },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "interop-"));
  const path = join(folder, "router.sock");
  const ws = await listen(router);
  const rs = await listenRawSocket(router, { maxMessageSize: 16 * 1024 * 1024 });
  const unix = await listenRawSocket(router, { path, maxMessageSize: 16 * 1024 * 1024 });
  return {
    ws: ws.url,
    rs: rs.url.replace(/^tcpip/, "rs"),
    unix: `unix://${path}`,
    can: new Set(everything),
    async close() {
      await router.close();
      await Promise.all([ws.close(), rs.close(), unix.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the realm `secure` takes, each by a name for the table. */
export function credentials(publicKey: string): Record<string, Credentials> {
  return {
    ticket: { method: "ticket", ...joe },
    wampcra: { method: "wampcra", ...joe },
    "wampcra salted": { method: "wampcra", authid: "salted", secret: joe.secret },
    scram: { method: "scram", ...joe },
    cryptosign: { method: "cryptosign", authid: "joe", secret: joesKey.secret, publicKey },
  };
}
