import { cryptosignPublicKey } from "../../src/router/mod.ts";
import { within } from "./mailbox.ts";
import { credentials, joesKey } from "./our_router.ts";
import type { Credentials, OpenOptions, Peer } from "./peer.ts";
import { PeerError } from "./peer.ts";
import type { Report, Row } from "./report.ts";
import { same } from "./scenario.ts";

/** The public half of joe's key. */
export const joesPublicKey: string = await cryptosignPublicKey(joesKey.secret);

/** What is tried of a peer's authentication. */
export interface Logins {
  readonly line: Omit<Row, "passed" | "failed">;
  /** Makes the peer; each login gets one of its own. */
  peer(): Peer;
  /** Which methods of {@linkcode credentials}, by name. */
  readonly methods: readonly string[];
  readonly open: Omit<OpenOptions, "auth">;
}

/** Logs in by each method, with the right secret and with a wrong one. */
export async function logins(report: Report, { line, peer, methods, open }: Logins): Promise<void> {
  const known = credentials(joesPublicKey);
  const checks = methods.map((name) => [name, () => login(peer, open, known[name]!)] as const);
  await report.check(line, Object.fromEntries(checks));
}

async function login(make: () => Peer, open: Omit<OpenOptions, "auth">, auth: Credentials): Promise<void> {
  const right = make();
  try {
    const joined = await within(right.open({ ...open, auth }), "the right login");
    if (joined.authid !== null) same(joined.authid, "authid" in auth ? auth.authid : null, "who joined");
    await right.close();
  } finally {
    await right.end();
  }
  const wrong = make();
  try {
    const other = auth.method === "cryptosign"
      ? { ...auth, secret: "11".repeat(32), publicKey: await cryptosignPublicKey("11".repeat(32)) }
      : { ...auth, secret: "wrong" };
    let refused: unknown;
    try {
      await within(wrong.open({ ...open, auth: other }), "the wrong login");
    } catch (error) {
      refused = error;
    }
    if (refused === undefined) throw new Error("a wrong secret was let in");
    if (refused instanceof PeerError || refused instanceof Error) return;
    throw refused;
  } finally {
    await wrong.end();
  }
}
