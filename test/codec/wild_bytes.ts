import { Kind, plans } from "../../src/codec/plan.ts";

/** Numbers from 0 to below 1, the same for the same seed. */
export type Dice = () => number;

/**
 * Makes dice.
 *
 * @param seed An integer.
 * @returns The dice.
 */
export function diceOf(seed: number): Dice {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** The ways of one format to write what a value begins with. */
interface Wild {
  /** Writes a head for something of a length: in any of the forms that hold it, not only the shortest. */
  head(out: number[], kind: "text" | "binary" | "list" | "dict", length: number, dice: Dice): void;
  /** Writes an integer. */
  integer(out: number[], value: number, dice: Dice): void;
  /** Writes something that is complete in itself. */
  atom(out: number[], dice: Dice): void;
  /** Writes something that the other format does not have. */
  special(out: number[], dice: Dice, levels: number): void;
}

function bigEndian(out: number[], value: number | bigint, size: number): void {
  const bits = BigInt.asUintN(64, BigInt(value));
  for (let at = size - 1; at >= 0; at--) out.push(Number(bits >> BigInt(at * 8) & 0xffn));
}

function below(dice: Dice, limit: number): number {
  return Math.floor(dice() * limit);
}

function pick<T>(dice: Dice, from: readonly T[]): T {
  return from[below(dice, from.length)] as T;
}

const atMost = { 1: 0xff, 2: 0xffff, 4: 0xffffffff } as const;
const bits64 = [
  0n,
  1n,
  0xffn,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n - 1n,
  2n ** 63n,
]
  .flatMap((value) => [value, -value]);

const wildMsgpack: Wild = {
  head(out, kind, length, dice) {
    const short = { text: [0xa0, 31], binary: [0, -1], list: [0x90, 15], dict: [0x80, 15] }[kind] as [number, number];
    if (length <= short[1] && dice() < 0.7) {
      out.push(short[0] | length);
      return;
    }
    const sizes = ([1, 2, 4] as const).filter((size) =>
      length <= atMost[size] && (size > 1 || kind[0] !== "l" && kind[0] !== "d")
    );
    const size = pick(dice, sizes);
    const first = { text: 0xd9, binary: 0xc4, list: 0xdb, dict: 0xdd }[kind];
    out.push(first + (size === 4 ? 2 : size - 1));
    bigEndian(out, length, size);
  },
  integer(out, value, dice) {
    if (value < 0x80 && dice() < 0.7) out.push(value);
    else {
      const size = pick(dice, ([1, 2, 4, 8] as const).filter((size) => value < 2 ** (size * 8 - 1)));
      out.push((dice() < 0.5 ? 0xcc : 0xd0) + Math.log2(size));
      bigEndian(out, value, size);
    }
  },
  atom(out, dice) {
    const first = pick(dice, [
      0,
      0x7f,
      0xff,
      0xe0,
      0xc0,
      0xc2,
      0xc3,
      0xca,
      0xcb,
      0xcc,
      0xcd,
      0xce,
      0xcf,
      0xd0,
      0xd1,
      0xd2,
      0xd3,
    ]);
    out.push(first);
    const size = { 0xca: 4, 0xcb: 8, 0xcc: 1, 0xcd: 2, 0xce: 4, 0xcf: 8, 0xd0: 1, 0xd1: 2, 0xd2: 4, 0xd3: 8 }[first] ??
      0;
    if (size === 8 && dice() < 0.7) bigEndian(out, pick(dice, bits64), 8);
    else for (let at = 0; at < size; at++) out.push(below(dice, 256));
  },
  special(out, dice) {
    const fixed = dice() < 0.5;
    const length = fixed ? pick(dice, [1, 2, 4, 8, 16]) : pick(dice, [0, 3, 4, 8, 12, 20]);
    if (fixed) out.push(0xd4 + Math.log2(length));
    else {
      const size = pick(dice, [1, 2, 4] as const);
      out.push(0xc7 + (size === 4 ? 2 : size - 1));
      bigEndian(out, length, size);
    }
    out.push(pick(dice, [0xff, 0xff, 0, 1, 0x80]));
    const small = dice() < 0.3;
    for (let at = 0; at < length; at++) out.push(small ? below(dice, 2) : below(dice, 256));
  },
};

const majors = { binary: 2, text: 3, list: 4, dict: 5 } as const;

function cborHead(out: number[], major: number, value: number, dice: Dice): void {
  if (value < 24 && dice() < 0.7) {
    out.push(major << 5 | value);
    return;
  }
  const size = pick(dice, ([1, 2, 4, 8] as const).filter((size) => value < 2 ** (size * 8)));
  out.push(major << 5 | 24 + Math.log2(size));
  bigEndian(out, value, size);
}

const wildCbor: Wild = {
  head: (out, kind, length, dice) => cborHead(out, majors[kind], length, dice),
  integer: (out, value, dice) => cborHead(out, 0, value, dice),
  atom(out, dice) {
    const choice = below(dice, 4);
    if (choice === 0) out.push(pick(dice, [0, 23, 0x20, 0x37, 0xf4, 0xf5, 0xf6, 0xf7, 0xe0, 0xf3]));
    else if (choice === 1) {
      out.push(pick(dice, [0x1b, 0x3b]));
      bigEndian(out, pick(dice, bits64), 8);
    } else if (choice === 2) {
      out.push(pick(dice, [0x18, 0x38, 0xf8]));
      out.push(pick(dice, [0, 31, 32, 255]));
    } else {
      const size = pick(dice, [2, 4, 8]);
      out.push(0xf8 + Math.log2(size));
      if (size === 2 && dice() < 0.5) {
        bigEndian(out, pick(dice, [0, 1, 0x8000, 0x7c00, 0xfc00, 0x7e00, 0x3c00, 0x03ff, 0x8001]), 2);
      } else for (let at = 0; at < size; at++) out.push(below(dice, 256));
    }
  },
  special(out, dice, levels) {
    const choice = below(dice, 3);
    if (choice === 0) {
      cborHead(out, 6, pick(dice, [0, 1, 2, 3, 4, 5, 6, 24, 55799]), dice);
      writeValue(wildCbor, out, dice, levels - 1);
    } else if (choice === 1) {
      const kind = pick(dice, ["text", "binary"] as const);
      out.push(majors[kind] << 5 | 31);
      for (let left = below(dice, 4); left > 0; left--) {
        if (dice() < 0.02) writeValue(wildCbor, out, dice, 0);
        else writeText(wildCbor, out, dice, kind);
      }
      out.push(0xff);
    } else {
      const isDict = dice() < 0.5;
      out.push(isDict ? 0xbf : 0x9f);
      for (let left = below(dice, 4); left > 0; left--) {
        if (isDict) writeText(wildCbor, out, dice, "text");
        writeValue(wildCbor, out, dice, levels - 1);
      }
      if (dice() < 0.02) writeValue(wildCbor, out, dice, 0);
      out.push(0xff);
    }
  },
};

const wilds = { msgpack: wildMsgpack, cbor: wildCbor };

const texts: readonly (readonly number[])[] = [
  "",
  "a",
  "key",
  "12345678",
  "caller_authid",
  "__proto__",
  "constructor",
  "a key of more than thirty-two bytes",
  "exactly thirty-two bytes of text",
  "größer",
  "日本語のキー",
  "𝄞 music",
  "x".repeat(300),
  "é".repeat(600),
].map((text) => [...new TextEncoder().encode(text)]);
const badTexts: readonly (readonly number[])[] = [
  [0x80],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x80, 0x80, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0x61, 0xe2, 0x82],
  [0xe2, 0x28, 0xa1],
  [0xf0, 0x9f, 0x98],
  [...new Array(1100).fill(0x61), 0xff],
];

function writeText(wild: Wild, out: number[], dice: Dice, kind: "text" | "binary"): void {
  const text = dice() < 0.02 ? pick(dice, badTexts) : dice() < 0.3 ? randomKey(dice) : pick(dice, texts);
  wild.head(out, kind, text.length, dice);
  out.push(...text);
}

function randomKey(dice: Dice): number[] {
  return Array.from({ length: 1 + below(dice, 30) }, () => 0x61 + below(dice, 26));
}

function writeList(wild: Wild, out: number[], dice: Dice, levels: number): void {
  const count = below(dice, dice() < 0.1 ? 20 : 4);
  wild.head(out, "list", dice() < 0.01 ? below(dice, 70_000) : count, dice);
  for (let left = count; left > 0; left--) writeValue(wild, out, dice, levels - 1);
}

function writeDict(wild: Wild, out: number[], dice: Dice, levels: number): void {
  const count = below(dice, dice() < 0.1 ? 20 : 4);
  wild.head(out, "dict", dice() < 0.01 ? below(dice, 70_000) : count, dice);
  for (let left = count; left > 0; left--) {
    if (dice() < 0.05) writeValue(wild, out, dice, 0);
    else writeText(wild, out, dice, "text");
    writeValue(wild, out, dice, levels - 1);
  }
}

function writeValue(wild: Wild, out: number[], dice: Dice, levels: number): void {
  const choice = dice();
  if (choice < 0.35 || levels <= 0) wild.atom(out, dice);
  else if (choice < 0.6) writeText(wild, out, dice, "text");
  else if (choice < 0.65) writeText(wild, out, dice, "binary");
  else if (choice < 0.75) writeList(wild, out, dice, levels);
  else if (choice < 0.9) writeDict(wild, out, dice, levels);
  else wild.special(out, dice, levels);
}

const types = plans.flatMap((plan, type) => plan === undefined ? [] : [type]);

/**
 * Makes the bytes of a value, in any of the forms that the format has, most often without a fault.
 *
 * @param format The format.
 * @param dice Chance.
 * @returns The bytes.
 */
export function wildValue(format: "msgpack" | "cbor", dice: Dice): number[] {
  const out: number[] = [];
  if (dice() < 0.05) {
    const wild = wilds[format];
    for (let depth = below(dice, 20); depth > 0; depth--) wild.head(out, "list", 1, dice);
  }
  writeValue(wilds[format], out, dice, 5);
  return out;
}

/**
 * Makes the bytes of a message, most often without a fault.
 *
 * @param format The format.
 * @param dice Chance.
 * @returns The bytes.
 */
export function wildMessage(format: "msgpack" | "cbor", dice: Dice): number[] {
  const wild = wilds[format];
  const out: number[] = [];
  const type = dice() < 0.9 ? pick(dice, types) : below(dice, 1100);
  const plan = plans[type];
  const count = plan === undefined
    ? below(dice, 5)
    : dice() < 0.05
    ? below(dice, 8)
    : plan.kinds.length + (plan.payload ? below(dice, 3) : 0);
  const isOpen = format === "cbor" && dice() < 0.1;
  if (isOpen) out.push(0x9f);
  else wild.head(out, "list", count + 1, dice);
  wild.integer(out, type, dice);
  for (let index = 0; index < count; index++) {
    const kind = plan?.kinds[index];
    const beyond = plan === undefined ? -1 : index - plan.kinds.length;
    if (dice() < 0.03) writeValue(wild, out, dice, 3);
    else if (kind === Kind.id || kind === Kind.secondId) {
      wild.integer(out, dice() < 0.5 ? below(dice, 300) : below(dice, 2 ** 53), dice);
    } else if (kind === Kind.type) wild.integer(out, pick(dice, types), dice);
    else if (kind === Kind.text || kind === Kind.realm) writeText(wild, out, dice, "text");
    else if (kind === Kind.dict || beyond === 1) writeDict(wild, out, dice, 4);
    else if (beyond === 0) writeList(wild, out, dice, 5);
    else writeValue(wild, out, dice, 3);
  }
  if (isOpen) out.push(0xff);
  return out;
}

/**
 * Damages bytes in one or more places.
 *
 * @param bytes The bytes; they are changed.
 * @param dice Chance.
 * @returns The bytes.
 */
export function damage(bytes: number[], dice: Dice): number[] {
  for (let times = 1 + below(dice, 3); times > 0; times--) {
    const at = below(dice, bytes.length + 1);
    const choice = below(dice, 5);
    if (choice === 0) bytes.length = at;
    else if (choice === 1) bytes.splice(at, 1 + below(dice, 3));
    else if (choice === 2) bytes.splice(at, 0, below(dice, 256));
    else if (at < bytes.length) {
      bytes[at] = choice === 3 ? below(dice, 256) : (bytes[at] as number) ^ 1 << below(dice, 8);
    }
  }
  return bytes;
}
