import type { Serializer } from "../../src/codec/serializer.ts";
import { Kind, plans } from "../../src/codec/plan.ts";
import { ProtocolViolation } from "../../src/wire/errors.ts";
import { describe } from "./differential.ts";
import { diceOf } from "./wild_bytes.ts";
import type { Dice } from "./wild_bytes.ts";

const strings = [
  '""',
  '"a"',
  '"com.example.procedure"',
  '"exactly8"',
  '"a string of more than sixteen letters"',
  '"größer"',
  '"日本語 \u{1d11e} text"',
  '"half \ud800 a pair"',
  '"\\u00e9\\n\\"\\\\\\/"',
  '"\\u0000AAEC"',
  `"${"long ".repeat(50)}"`,
  '"\x7f"',
];
const atoms = [
  "0",
  "-0",
  "7",
  "-12.5",
  "1e9",
  "0.1E-3",
  "9007199254740993",
  "123456789012345678",
  "true",
  "false",
  "null",
];
const broken = [
  '"\\x"',
  '"\\u12g4"',
  '"tab\t"',
  "01",
  "1.",
  ".5",
  "1e",
  "+1",
  "tru",
  "nul",
  "'a'",
  "",
  "{]",
  '{"a"}',
  '{"a":1,}',
  "[1,]",
  "\0",
];

function below(dice: Dice, limit: number): number {
  return Math.floor(dice() * limit);
}

function pick<T>(dice: Dice, from: readonly T[]): T {
  return from[below(dice, from.length)] as T;
}

function blank(dice: Dice): string {
  return dice() < 0.9 ? "" : pick(dice, [" ", "\n", "\t\r", "  "]);
}

function joined(dice: Dice, items: readonly string[]): string {
  return items.map((item) => blank(dice) + item + blank(dice)).join(",");
}

function list(dice: Dice, levels: number): string {
  return `[${joined(dice, Array.from({ length: below(dice, 4) }, () => value(dice, levels - 1))) || blank(dice)}]`;
}

function dict(dice: Dice, levels: number): string {
  const entries = Array.from(
    { length: below(dice, 4) },
    () => `${pick(dice, strings)}${blank(dice)}:${blank(dice)}${value(dice, levels - 1)}`,
  );
  return `{${joined(dice, entries) || blank(dice)}}`;
}

function value(dice: Dice, levels: number): string {
  const choice = dice();
  if (choice < 0.01) return pick(dice, broken);
  if (choice < 0.3 || levels <= 0) return pick(dice, atoms);
  if (choice < 0.6) return pick(dice, strings);
  return choice < 0.8 ? list(dice, levels) : dict(dice, levels);
}

const types = plans.flatMap((plan, type) => plan === undefined ? [] : [type]);

/**
 * Makes a message in JSON, most often without a fault.
 *
 * @param dice Chance.
 * @returns The text.
 */
export function wildJson(dice: Dice): string {
  const type = dice() < 0.95 ? pick(dice, types) : below(dice, 1100);
  const plan = plans[type];
  const count = plan === undefined || dice() < 0.05
    ? below(dice, 7)
    : plan.kinds.length + (plan.payload ? below(dice, 3) : 0);
  const elements = [dice() < 0.98 ? String(type) : pick(dice, atoms)];
  for (let index = 0; index < count; index++) {
    const kind = plan?.kinds[index];
    const beyond = plan === undefined ? -1 : index - plan.kinds.length;
    if (dice() < 0.03) elements.push(value(dice, 3));
    else if (kind === Kind.id || kind === Kind.secondId) {
      elements.push(String(below(dice, dice() < 0.5 ? 300 : 2 ** 53)));
    } else if (kind === Kind.type) elements.push(pick(dice, ["48", "32", "0", "1023", "1024"]));
    else if (kind === Kind.text || kind === Kind.realm) elements.push(pick(dice, strings));
    else if (kind === Kind.dict || beyond === 1) elements.push(dict(dice, 3));
    else if (beyond === 0) elements.push(list(dice, 4));
    else elements.push(value(dice, 3));
  }
  let text = `${blank(dice)}[${joined(dice, elements)}]${blank(dice)}`;
  if (dice() < 0.2) {
    const at = below(dice, text.length + 1);
    const insert = dice() < 0.5 ? "" : pick(dice, [...'[]{},:"\\0e-. x', "é"]);
    text = text.slice(0, at) + insert + text.slice(at + below(dice, 3));
  }
  return text;
}

/**
 * Lets two serializers for JSON read a message.
 *
 * @param one The one.
 * @param other The other.
 * @param seed Chance.
 * @returns What they say differently; undefined when they agree.
 */
export function jsonDifference(one: Serializer, other: Serializer, seed: number): string | undefined {
  const text = wildJson(diceOf(seed));
  const [first, second] = [one, other].map((serializer) => told(serializer, text));
  return first === second ? undefined : `${JSON.stringify(text)}: ${first} / ${second}`;
}

/**
 * Lets a message be read as clients do and as routers do.
 *
 * @param json What scans; its eager one reads the whole.
 * @param seed Chance.
 * @returns What they say differently; undefined when they agree, but for the words of a refusal and where in the frame options are.
 */
export function eagerDifference(json: Serializer, seed: number): string | undefined {
  const text = wildJson(diceOf(seed));
  // A whole number has no spelling once it is read.
  if (!WHOLE_TYPES.test(text)) return undefined;
  const [first, second] = [json, json.eager as Serializer].map((serializer) => toldOfValues(serializer, text));
  return first === second ? undefined : `${JSON.stringify(text)}: ${first} / ${second}`;
}

const WHOLE_TYPES = /^\s*\[\s*(?:\d+\s*[,\]](?!\s*\d+[.eE])|(?!\d))/;

function toldOfValues(serializer: Serializer, text: string): string {
  try {
    const { type, firstId, secondId, requestType, uri, size, options, payload } = serializer.scan(text);
    const { args, kwargs, isOpaque } = payload;
    return describe([type, firstId, secondId, requestType, uri, size, options, args, kwargs, isOpaque]);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) return `${error}`;
    return "refused";
  }
}

function told(serializer: Serializer, text: string): string {
  try {
    const { type, firstId, secondId, requestType, uri, optionsStart, optionsEnd, size, options, payload } = serializer
      .scan(text);
    const { args, kwargs, isOpaque, isEmpty } = payload;
    return describe([
      type,
      firstId,
      secondId,
      requestType,
      uri,
      optionsStart,
      optionsEnd,
      size,
      options,
      args,
      kwargs,
      isOpaque,
      isEmpty,
    ]);
  } catch (error) {
    return `${error}`;
  }
}
