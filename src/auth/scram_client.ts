import { toBase64 } from "../codec/base64.ts";
import { WampError } from "../wire/errors.ts";
import { checkOptions, flag, randomRule } from "../wire/option_rules.ts";
import { systemRandom } from "../wire/random.ts";
import type { Random } from "../wire/random.ts";
import type { Dict } from "../wire/values.ts";
import { channelBindingRule, channelId, checkBinding } from "./channel_binding.ts";
import type { ChannelBinding } from "./channel_binding.ts";
import { equal, utf8 } from "./crypto.ts";
import type { Bytes } from "./crypto.ts";
import type { AuthMethod, Challenge, ChallengeAnswer } from "./method.ts";
import { saslprep } from "./saslprep.ts";
import { askSecret, checkLogin } from "./secret.ts";
import type { ScramDialect } from "./scram_dialect.ts";
import { specified } from "./scram_dialect.ts";
import { checkCost, clientProof, strictBase64 } from "./scram_keys.ts";
import type { Kdf, KdfCost } from "./scram_keys.ts";

/** How a client does `wamp-scram`. */
export interface ScramOptions {
  /** Ties the join to the TLS connection below it (default not). */
  readonly channelBinding?: ChannelBinding;
  /** Whether keys are accepted that are so cheap to derive that a false router could guess the password (default false). */
  readonly allowWeak?: boolean;
  /** Where nonces come from (default the runtime's). */
  readonly random?: Random;
}

interface ServerFirst {
  readonly nonce: string;
  readonly salt: string;
  readonly saltBytes: Bytes;
  readonly kdf: Kdf;
  readonly cost: KdfCost;
}

/** The client's half, with those key derivations that are given. */
export function scramMethod(
  kdfs: readonly Kdf[],
  name: string,
  password: string | (() => string | Promise<string>),
  options: ScramOptions,
  dialect: ScramDialect = specified,
): AuthMethod {
  checkLogin("scram", name, password);
  const rules = { channelBinding: channelBindingRule, allowWeak: flag, random: randomRule };
  checkOptions("Cannot join by scram", options, rules, "{ allowWeak: true }");
  const { channelBinding, allowWeak = false, random = systemRandom } = options;
  const authid = saslprep(name, "name");
  const fixed = typeof password === "string";
  let derived: { readonly from: string; readonly key: Bytes } | undefined;

  const derive = async ({ kdf, salt, saltBytes, cost }: ServerFirst): Promise<Bytes> => {
    const from = JSON.stringify([kdf.name, salt, cost]);
    if (derived?.from === from) return derived.key;
    const key = await kdf.derive(utf8(saslprep(await askSecret("scram", password), "password")), saltBytes, cost);
    // A reconnect then costs nothing; who gives a function does not want the password kept, in any form.
    if (fixed) derived = { from, key };
    return key;
  };

  const answer = async ({ extra, authextra, authid: said = authid }: Challenge): Promise<ChallengeAnswer> => {
    // The draft knows of no binding, and minds none.
    if (dialect === specified) checkBinding(channelBinding, authextra);
    if (said !== authid) {
      throw new WampError(
        "invalid_argument",
        `it signs the name "${authid}", but a HELLO says one alone, and another method made that "${said}"; give all methods of the option auth the same`,
      );
    }
    const clientNonce = authextra.nonce as string;
    const first = readChallenge(extra, clientNonce, kdfs, allowWeak, dialect);
    const binding = channelBinding === undefined
      ? undefined
      : { type: channelBinding.type, id: await channelId(channelBinding) };
    const { nonce, salt, cost: { iterations } } = first;
    const message = dialect.message({ authid, clientNonce, nonce, salt, iterations, binding });
    const { proof, serverSignature } = await clientProof(await derive(first), message);
    return {
      signature: proof,
      extra: dialect.extra({ nonce, binding }),
      judge: (details) => judge(details, serverSignature, dialect),
    };
  };

  return {
    method: dialect.method,
    authid,
    fixed,
    mutual: true,
    authextra: () => ({
      nonce: toBase64(random.bytes(16)),
      ...(channelBinding === undefined ? {} : { channel_binding: channelBinding.type }),
    }),
    answer,
  };
}

function readChallenge(
  extra: Dict,
  clientNonce: string,
  kdfs: readonly Kdf[],
  allowWeak: boolean,
  dialect: ScramDialect,
): ServerFirst {
  const { nonce, salt, iterations, memory } = extra;
  if (typeof nonce !== "string" || !dialect.continues(nonce, clientNonce)) {
    throw refused("the router's nonce does not go on from the client's; the challenge is of another join");
  }
  const saltBytes = strictBase64(salt);
  if (saltBytes === undefined || saltBytes.length === 0) throw refused("the router's salt is not base64");
  const kdf = kdfs.find(({ name }) => name === extra.kdf);
  if (kdf === undefined) {
    const remedy = extra.kdf === "argon2id13" ? '; take scram() of "@izaber/wamp/auth/scram", which can' : "";
    throw refused(`the key derivation "${extra.kdf}" is not known here${remedy}`);
  }
  const cost: KdfCost = {
    iterations: iterations as number,
    ...(memory === undefined || memory === null ? {} : { memory: memory as number }),
  };
  checkCost(kdf, cost);
  if (!allowWeak && kdf.weak(cost)) {
    throw refused(
      `the router wants a key that is cheap to guess by (iterations ${iterations}, memory ${memory ?? "none"}; ` +
        `the least is ${kdf.least}); if the router is known to be like that, set the option allowWeak`,
    );
  }
  return { nonce, salt: salt as string, saltBytes, kdf, cost };
}

function judge(details: Dict, serverSignature: string, { proof, proofPrefix }: ScramDialect): void {
  const given = (details.authextra as Dict | undefined)?.[proof];
  if (typeof given !== "string") {
    throw refused(`the router did not prove that it knows the password: WELCOME carries no authextra.${proof}`);
  }
  const signature = given.startsWith(proofPrefix) ? given.slice(proofPrefix.length) : given;
  if (!equal(utf8(serverSignature), utf8(signature))) {
    throw refused("the router does not know the password: the verifier in WELCOME is wrong");
  }
}

function refused(why: string): WampError {
  return new WampError("authentication_failed", why);
}
