import type { Frame } from "../codec/serializer.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { checkOptions, numberRule } from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";

/** What goes wrong. */
export type Fault =
  /** The frame is lost. */
  | { readonly kind: "drop" }
  /** The frame comes again, `copies` times (default 1). */
  | { readonly kind: "duplicate"; readonly copies?: number }
  /** Only a part of the frame comes (default half of it). */
  | { readonly kind: "truncate"; readonly length?: number }
  /** Another frame comes instead. */
  | { readonly kind: "replace"; readonly frame: Frame }
  /** The frame, and what is behind it, takes so many milliseconds longer. */
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** The connection is lost, and the frame with it; the other side learns of it `lag` milliseconds later (default 0). */
  | { readonly kind: "cut"; readonly lag?: number }
  /**
   * Nothing comes through any more, and nobody is told. When this side gives the connection up, the other learns of it `lag` milliseconds later
   * (default 0).
   */
  | { readonly kind: "half-open"; readonly lag?: number };

/** The name of a kind of fault. */
export type FaultKind = Fault["kind"];

const KINDS: readonly FaultKind[] = ["drop", "duplicate", "truncate", "replace", "delay", "cut", "half-open"];

/**
 * Checks what a plan gave.
 *
 * @param fault What it gave.
 * @returns The same.
 * @throws {WampError} `invalid_argument` when it is no fault, which would pass for nothing unusual.
 */
export function checkFault(fault: unknown): Fault | undefined {
  if (fault === undefined) return undefined;
  const kind: unknown = (fault as Partial<Fault> | null)?.kind;
  if (KINDS.includes(kind as FaultKind)) return fault as Fault;
  const what = kind === undefined ? describe(fault) : `a fault of the kind ${describe(kind)}`;
  throw new WampError(
    "invalid_argument",
    `Cannot let go wrong ${what}: a plan gives undefined, or a fault such as { kind: "drop" }, whose kind is one of ${
      KINDS.join(", ")
    }`,
  );
}

/** A frame that is on its way. */
export interface PassingFrame {
  /** Which connection of the dialer it is on; the first is 0. */
  readonly connection: number;
  /** Whether it leaves or comes. */
  readonly direction: "out" | "in";
  /** How many went before it in this direction. */
  readonly index: number;
  /** The frame. */
  readonly frame: Frame;
}

/** Says what becomes of a frame; undefined for nothing unusual. */
export type FaultPlan = (frame: PassingFrame) => Fault | undefined;

/** One fault at one place. */
export interface ScriptedFault {
  /** Which connection; the first is 0. */
  readonly connection: number;
  /** In which direction. */
  readonly direction: "out" | "in";
  /** How many frames go before it in this direction. */
  readonly index: number;
  /** What goes wrong. */
  readonly fault: Fault;
}

/**
 * Lets things go wrong at places that are known beforehand.
 *
 * @param faults The places.
 * @returns The plan.
 * @throws {WampError} `invalid_argument` when one is no fault.
 */
export function scriptedFaults(faults: readonly ScriptedFault[]): FaultPlan {
  for (const { fault } of faults) checkFault(fault);
  return ({ connection, direction, index }) =>
    faults.find((one) => one.connection === connection && one.direction === direction && one.index === index)?.fault;
}

/** How often each kind of fault happens, as a share of all frames. */
export type FaultRates = { readonly [Kind in Exclude<FaultKind, "replace">]?: number };

/** What can be said of faults that come by chance. */
export interface SeededOptions {
  /** The longest delay and lag, in milliseconds (default 1 000). */
  readonly longest?: number;
  /** The most copies of a duplicate (default 3). */
  readonly copies?: number;
}

const shareRules: OptionRules = Object.fromEntries(
  KINDS.filter((kind) => kind !== "replace").map((kind) => [kind, numberRule(0, 1)]),
);

/**
 * Lets things go wrong by chance, and by the same chance again when it is given the same seed.
 *
 * @param seed A whole number; print it, so that a failure can be repeated.
 * @param rates How often what happens.
 * @param options How bad it is.
 * @returns The plan.
 * @throws {WampError} `invalid_argument` when there is no such kind of fault, or its share is none.
 */
export function seededFaults(seed: number, rates: FaultRates, options: SeededOptions = {}): FaultPlan {
  checkOptions("Cannot let things go wrong", rates, shareRules, "{ drop: 0.01 }");
  const { longest = 1_000, copies = 3 } = options;
  const random = seededNumbers(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  return () => {
    let left = random();
    for (const [kind, rate] of Object.entries(rates)) {
      left -= rate ?? 0;
      if (left >= 0) continue;
      if (kind === "duplicate") return { kind, copies: 1 + upTo(copies - 1) };
      if (kind === "delay") return { kind, milliseconds: upTo(longest) };
      if (kind === "cut" || kind === "half-open") return { kind, lag: upTo(longest) };
      return { kind: kind as "drop" | "truncate" };
    }
    return undefined;
  };
}

/**
 * Makes numbers that look random and are the same for the same seed.
 *
 * @param seed A whole number.
 * @returns Gives the next number, at least 0 and below 1.
 */
function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
