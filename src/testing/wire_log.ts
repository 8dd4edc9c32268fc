import { json } from "../codec/json.ts";
import { parseJson } from "../codec/json_values.ts";
import type { Head } from "../codec/head.ts";
import { WampError } from "../wire/errors.ts";
import { messageShapes } from "../wire/message_shape.ts";
import { messageName, MessageType } from "../wire/message_type.ts";
import { isDict } from "../wire/values.ts";
import type { WampValue } from "../wire/values.ts";

/** A message as a list of its elements, the type code first. */
export type WireMessage = readonly WampValue[];

/** One message that passed. */
export interface WireEntry {
  /** Which connection of the dialer it was on; the first is 0. */
  readonly connection: number;
  /** Whether the client sent it (`out`) or got it (`in`). */
  readonly direction: "out" | "in";
  /** The message. */
  readonly message: WireMessage;
}

/** How a log is written. */
export interface WireTextOptions {
  /** Whether passwords and other proofs of who a client is are written, too (default false: an empty text stands in their place). */
  readonly secrets?: boolean | undefined;
}

/** The messages between clients and a router, in the order in which they passed. */
export class WireLog {
  readonly #entries: WireEntry[] = [];

  /** @param entries What it begins with (default nothing). */
  constructor(entries: Iterable<WireEntry> = []) {
    this.#entries.push(...entries);
  }

  /**
   * Reads what {@linkcode toString} wrote.
   *
   * @param text A line for each message.
   * @returns The log.
   * @throws {WampError} `invalid_argument` when a line is none.
   */
  static parse(text: string): WireLog {
    const lines = text.split("\n").filter((line) => line !== "");
    return new WireLog(lines.map((line, index) => {
      const [connection, direction, message] = /^(\d+) ([<>]) (\[.*\])$/s.exec(line)?.slice(1) ?? [];
      if (message === undefined) {
        throw new WampError("invalid_argument", `Cannot read line ${index + 1} of a wire log: "${line.slice(0, 80)}"`);
      }
      return {
        connection: Number(connection),
        direction: direction === ">" ? "out" : "in",
        message: parseJson(message) as WireMessage,
      };
    }));
  }

  /** What passed, as it was: also what clients prove by who they are. */
  get entries(): readonly WireEntry[] {
    return this.#entries;
  }

  /** @param entry What passes now. */
  add(entry: WireEntry): void {
    this.#entries.push(entry);
  }

  /**
   * Writes it as a text for files: `0 > [48,1,{},"com.example.add"]`, a line for each message, `>` for those of the client.
   *
   * @param options Whether secrets are written, too.
   * @returns The text; secrets in arguments and results stand in it in any case.
   */
  toString({ secrets = false }: WireTextOptions = {}): string {
    return this.#entries.map(({ connection, direction, message }) =>
      `${connection} ${direction === "out" ? ">" : "<"} ${wireText(secrets ? message : withoutProof(message))}\n`
    ).join("");
  }

  /**
   * Writes it as a text for people: with the names of the messages.
   *
   * @param options Whether secrets are written, too.
   * @returns The text; secrets in arguments and results stand in it in any case.
   */
  shown(options?: WireTextOptions): string {
    return this.#entries.map((entry) => `${shownEntry(entry, options)}\n`).join("");
  }
}

/**
 * Writes a message for people.
 *
 * @param entry The message.
 * @param options Whether secrets are written, too.
 * @returns One line, such as `0 > CALL 1 {} "com.example.add" [1,2]`.
 */
export function shownEntry(
  { connection, direction, message }: WireEntry,
  { secrets = false }: WireTextOptions = {},
): string {
  const [type, ...elements] = secrets ? message : withoutProof(message);
  const rest = elements.map(wireText).join(" ");
  return `${connection} ${direction === "out" ? ">" : "<"} ${messageName(type as number)} ${rest}`.trimEnd();
}

function withoutProof(message: WireMessage): WireMessage {
  return message[0] === MessageType.AUTHENTICATE ? [message[0], "", ...message.slice(2)] : message;
}

/**
 * Writes a value as JSON; numbers that have no word there become null, as NaN does, or the nearest that has one.
 *
 * @param value The value.
 * @returns One line.
 */
export function wireText(value: WampValue): string {
  return json.encodeValue(finite(value)).data as string;
}

function finite(value: WampValue): WampValue {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value === "bigint") {
    return value === BigInt.asIntN(64, value) || value === BigInt.asUintN(64, value) ? value : Number(value);
  }
  if (Array.isArray(value)) return value.map(finite);
  return isDict(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, finite(item)])) : value;
}

/**
 * Makes the list of elements of a message that was scanned.
 *
 * @param head What the scan found.
 * @returns The message.
 */
export function messageOf(head: Head): WireMessage {
  const shape = messageShapes.get(head.type)!;
  const ids = [head.firstId, head.secondId];
  const elements = shape.elements.map((kind): WampValue => {
    if (kind === "id") return ids.shift();
    if (kind === "type") return head.requestType;
    return kind === "dict" ? head.options : head.uri;
  });
  if (shape.optionalDict && head.optionsEnd > head.optionsStart) elements.push(head.options);
  const { args, kwargs } = head.payload;
  const hasKwargs = Object.keys(kwargs).length > 0;
  const payload: WampValue[] = hasKwargs ? [args, kwargs] : args.length > 0 ? [args] : [];
  return [head.type, ...elements, ...payload];
}
