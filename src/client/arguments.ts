import { Payload } from "../codec/payload.ts";
import { describe } from "../wire/describe.ts";
import { WampError } from "../wire/errors.ts";
import { isId } from "../wire/ids.ts";
import {
  arrayOf,
  checkOptions,
  flag,
  numberRule,
  oneOf,
  said,
  signalRule,
  text,
  wrongOption,
} from "../wire/option_rules.ts";
import type { OptionRules } from "../wire/option_rules.ts";
import { isUri } from "../wire/uri.ts";
import type { MatchPolicy } from "../wire/uri.ts";
import { emptyDict, isDict } from "../wire/values.ts";
import type { Args, Dict } from "../wire/values.ts";
import { abortedRequest } from "./aborting.ts";

/** A URI to which a client's prefix is not added; made by {@linkcode absolute}. */
export class AbsoluteUri {
  /** The URI. */
  readonly uri: string;

  /** @param uri The URI. */
  constructor(uri: string) {
    this.uri = uri;
  }

  /** @returns The URI. */
  toString(): string {
    return this.uri;
  }
}

/**
 * Marks a URI as complete, so that a client's prefix is not added to it.
 *
 * @param uri The URI.
 * @returns What call, register, subscribe and publish take in place of the text.
 */
export function absolute(uri: string): AbsoluteUri {
  return new AbsoluteUri(uri);
}

/** A URI: relative to the client's prefix, or {@linkcode absolute}. */
export type UriArgument = string | AbsoluteUri;

/** What a message is built by, for error texts: the method and the URI that it was given. */
export interface Usage {
  /** The name of the method. */
  readonly method: string;
  /** The URI. */
  readonly uri: string;
}

/**
 * Completes a URI and checks it.
 *
 * @param uri What was given.
 * @param prefix The client's prefix; empty for none.
 * @param method The method that it was given to, for the error text.
 * @param match How it is to match.
 * @returns The URI as it goes on the wire.
 * @throws {WampError} `invalid_argument` when it is none.
 */
export function resolveUri(uri: UriArgument, prefix: string, method: string, match: MatchPolicy = "exact"): string {
  const given = uri instanceof AbsoluteUri ? uri.uri : uri;
  if (typeof given !== "string") {
    throw new WampError(
      "invalid_argument",
      `Cannot ${method} ${describe(given)}: the URI has to be a text, as in ${method}("com.example.name")`,
    );
  }
  const full = uri instanceof AbsoluteUri || prefix === "" ? given : `${prefix}.${given}`;
  if (!isUri(full, match) || !full.isWellFormed()) {
    throw new WampError(
      "invalid_argument",
      `Cannot ${method} "${full}": not a URI for match "${match}"; components are parted by dots, have no blanks and no "#", ` +
        `and may be empty with match "wildcard" only`,
    );
  }
  return full;
}

/**
 * Makes a payload of what a method was given.
 *
 * @param args What was given as args.
 * @param kwargs What was given as kwargs.
 * @param usage Where, for the error text.
 * @returns The payload, not yet encoded.
 * @throws {WampError} `invalid_argument` when args is no array or kwargs no plain object; the message shows the right call.
 */
export function toPayload(args: unknown, kwargs: unknown, usage: Usage): Payload {
  if (args !== undefined && !Array.isArray(args)) {
    throw wrong(usage, "args", args, "an array", `[${isDict(args) ? "value" : describe(args)}]`);
  }
  if (kwargs !== undefined && !isDict(kwargs)) {
    throw wrong(usage, "kwargs", kwargs, "a plain object", "[], { name: value }");
  }
  return Payload.of(args as Args | undefined, kwargs);
}

function wrong(usage: Usage, name: string, value: unknown, expected: string, right: string): WampError {
  const { method, uri } = usage;
  return refusal(usage, `${name} is ${describe(value)}, expected ${expected}; write ${method}("${uri}", ${right})`);
}

/**
 * Makes the error for something wrong that a method was given.
 *
 * @param usage The method, and the URI that it was given.
 * @param text What is wrong, and what to do.
 * @returns The error, with the code `invalid_argument`.
 */
export function refusal({ method, uri }: Usage, text: string): WampError {
  return new WampError("invalid_argument", `Cannot ${method} "${uri}": ${text}`);
}

/**
 * Checks what is to be said as a session ends.
 *
 * @param reason The reason that was given.
 * @param message The message that was given.
 * @throws {WampError} `invalid_argument` when one of them is given and is no text.
 */
export function checkGoodbye(reason: unknown, message: unknown): void {
  checkOptions("Cannot say GOODBYE", { reason, message }, { reason: text, message: text }, "");
}

/**
 * Checks a function that a method was given.
 *
 * @param handler What was given.
 * @param usage Where, for the error text.
 * @throws {WampError} `invalid_argument` when it is no function.
 */
export function checkHandler(handler: unknown, usage: Usage): void {
  if (typeof handler === "function") return;
  throw wrong(usage, "the handler", handler, "a function", "(args, kwargs, details) => { ... }");
}

/** The options that say how a payload is to be read. */
export const PASSTHRU_OPTIONS = ["ppt_scheme", "ppt_serializer", "ppt_cipher", "ppt_keyid"] as const;

const sessions = arrayOf("session ids", isId);
const names = arrayOf("texts", text.allows);
const match = oneOf("exact", "prefix", "wildcard");
const called: OptionRules = {
  disclose_me: flag,
  ...Object.fromEntries(PASSTHRU_OPTIONS.map((name) => [name, text])),
};

/** The options that each method sends on, but for `signal`. A router breaks the session off for a wrong value, so that none may get there. */
const WIRE_OPTIONS: { readonly [method: string]: OptionRules } = {
  call: called,
  stream: called,
  publish: {
    acknowledge: flag,
    exclude_me: flag,
    exclude: sessions,
    exclude_authid: names,
    exclude_authrole: names,
    eligible: sessions,
    eligible_authid: names,
    eligible_authrole: names,
    retain: flag,
    signal: signalRule,
    ...called,
  },
  register: {
    match,
    invoke: oneOf("single", "roundrobin", "random", "first", "last"),
    concurrency: numberRule(1, undefined, "whole"),
    force_reregister: flag,
    disclose_caller: flag,
    signal: signalRule,
  },
  subscribe: { match, get_retained: flag, signal: signalRule },
};

/**
 * Checks the options of a request that go on the wire.
 *
 * @param options What is left when our own options are taken out.
 * @param usage Where; its method decides which options there are.
 * @param own What else the method takes, for the error text.
 * @returns The options, without those that are undefined, and without `signal`.
 * @throws {WampError} `invalid_argument` when they are no plain object, there is no such option, or its value is wrong; those of a router's own begin
 * with `_`; `aborted` when that `signal` is.
 */
export function wireOptions(options: unknown, usage: Usage, own: readonly string[] = []): Dict {
  if (options === undefined) return emptyDict;
  checkDict(options, usage);
  const rules = WIRE_OPTIONS[usage.method] ?? {};
  const given = options as Dict;
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("_")) continue;
    const wrong = wrongOption(name, value, rules, "", own, `, and those of a router's own begin with "_"`);
    if (wrong !== undefined) throw refusal(usage, wrong);
  }
  const { signal } = options as { readonly signal?: AbortSignal };
  if (signal?.aborted) throw abortedRequest(signal, usage);
  const whole = signal === undefined && !Object.values(given).includes(undefined);
  return whole ? given : said({ ...given, signal: undefined });
}

/**
 * Checks that options are a plain object.
 *
 * @param options What was given.
 * @param usage Where, for the error text.
 * @param name What they are called there (default `options`).
 * @param example What they may look like.
 * @throws {WampError} `invalid_argument` when they are not.
 */
export function checkDict(
  options: unknown,
  usage: Usage,
  name: string = "options",
  example: string = "{ disclose_me: true }",
): void {
  if (isDict(options)) return;
  throw refusal(usage, `${name} is ${describe(options)}, expected a plain object, as in ${example}`);
}
