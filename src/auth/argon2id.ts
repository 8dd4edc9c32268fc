import { argon2idAsync } from "@noble/hashes/argon2.js";
import type { Bytes } from "./crypto.ts";
import { argon2idCost } from "./scram_keys.ts";
import type { Kdf } from "./scram_keys.ts";

/** A gibibyte, in KiB. */
const MAX_MEMORY = 2 ** 20;
/** Iterations times KiB: over ten seconds' work. */
const MAX_WORK = 2 ** 23;
/** Iterations times KiB, below the weakest that OWASP recommends. */
const MIN_WORK = 2 ** 15;

/** Argon2id, version 1.3. */
export const argon2id13: Kdf = {
  name: "argon2id13",
  cost: argon2idCost,
  least: `${MIN_WORK} iterations times KiB`,
  weak: ({ iterations, memory = 0 }) => iterations * memory < MIN_WORK,
  refuse: ({ iterations, memory = 0 }) =>
    memory >= 8 && memory <= MAX_MEMORY && iterations * memory <= MAX_WORK
      ? undefined
      : `from 8 to ${MAX_MEMORY} KiB of memory, and at most ${MAX_WORK} iterations times KiB`,
  derive: async (password, salt, { iterations: t, memory: m = 0 }): Promise<Bytes> =>
    new Uint8Array(await argon2idAsync(password, salt, { t, m, p: 1, dkLen: 32 })),
};
