import { Buffer } from "node:buffer";
import { type Format, type Messages, messagesOf } from "../load/frames.ts";

/** A connection of the relay. */
export interface RelaySocket {
  /** Sends a frame at the end of the turn. */
  send(frame: string | Uint8Array): void;
}

const SLOTS = 1 << 12;
const encoder = new TextEncoder();
const toBytes = (...parts: (number[] | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => typeof part === "string" ? [...encoder.encode(part)] : part));

/**
 * The least that a router could do for the bench's load: it moves what is between fixed offsets from one frame into another.
 *
 * It parses nothing, makes no objects, checks nothing, and answers joins with a canned WELCOME. What a router costs above this is its own doing.
 */
export class NullRelay {
  readonly relay: (from: RelaySocket, frame: string | Uint8Array) => void;
  readonly #callers: RelaySocket[] = [];
  readonly #requests: string[] = [];
  readonly #requestBytes = new Uint8Array(4 * SLOTS);
  #next = 1;
  #callee: RelaySocket | undefined;
  #subscribers: RelaySocket[] = [];

  /**
   * @param format The format of the load.
   * @param calleeFormat The callee's, if it is another: then callers speak JSON, and the callee MessagePack.
   */
  constructor(format: Format, calleeFormat: Format = format) {
    const messages = messagesOf(format, "", "");
    if (calleeFormat !== format) this.relay = this.#mixedRelay(messages, messagesOf(calleeFormat, "", ""));
    else this.relay = format === "json" ? this.#textRelay(messages) : this.#binaryRelay(messages);
  }

  /** Forgets a connection. */
  readonly drop = (from: RelaySocket): void => {
    this.#subscribers = this.#subscribers.filter((one) => one !== from);
  };

  #textRelay(messages: Messages): (from: RelaySocket, frame: string | Uint8Array) => void {
    const idAt = messages.call.idAt;
    const idEnd = idAt + messages.call.idSize;
    const callTail = messages.call.bytes.length - '[""]]'.length;
    const yieldTail = messages.yield.bytes.length - '[""]]'.length;
    const publishTail = messages.publish.bytes.length - '[""]]'.length;
    return (from, frame) => {
      const text = frame as string;
      switch (text.slice(1, 3)) {
        case "48": {
          const slot = this.#next % SLOTS;
          this.#callers[slot] = from;
          this.#requests[slot] = text.slice(idAt, idEnd);
          this.#callee!.send(`[68,${this.#next++},1,{},${text.slice(callTail)}`);
          break;
        }
        case "70": {
          const slot = Number(text.slice(idAt, idEnd)) % SLOTS;
          this.#callers[slot]!.send(`[50,${this.#requests[slot]},{},${text.slice(yieldTail)}`);
          break;
        }
        case "64":
          this.#callee = from;
          from.send("[65,1,1]");
          break;
        case "16": {
          const event = `[36,1,${this.#next++},{},${text.slice(publishTail)}`;
          for (const one of this.#subscribers) one.send(event);
          break;
        }
        case "32":
          this.#subscribers.push(from);
          from.send("[33,1,1]");
          break;
        default:
          from.send('[2,1,{"roles":{"broker":{},"dealer":{}}}]');
      }
    };
  }

  #binaryRelay(messages: Messages): (from: RelaySocket, frame: string | Uint8Array) => void {
    const msgpack = messages.format === "msgpack";
    const idAt = messages.call.idAt;
    // An empty payload is a list with one empty text: two bytes.
    const callTail = messages.call.bytes.length - 2;
    const yieldTail = messages.yield.bytes.length - 2;
    const publishTail = messages.publish.bytes.length - 2;
    const event = msgpack
      ? toBytes([0x95, 36, 1, 0xce, 0, 0, 0, 0, 0x80])
      : toBytes([0x85, 0x18, 36, 1, 0x1a, 0, 0, 0, 0, 0xa0]);
    const subscribed = msgpack ? toBytes([0x93, 33, 1, 1]) : toBytes([0x83, 0x18, 33, 1, 1]);
    const invocation = msgpack
      ? toBytes([0x95, 68, 0xce, 0, 0, 0, 0, 1, 0x80])
      : toBytes([0x85, 0x18, 68, 0x1a, 0, 0, 0, 0, 1, 0xa0]);
    const result = msgpack
      ? toBytes([0x94, 50, 0xce, 0, 0, 0, 0, 0x80])
      : toBytes([0x84, 0x18, 50, 0x1a, 0, 0, 0, 0, 0xa0]);
    const registered = msgpack ? toBytes([0x93, 65, 1, 1]) : toBytes([0x83, 0x18, 65, 1, 1]);
    const welcome = msgpack
      ? toBytes([0x93, 2, 1, 0x81, 0xa5], "roles", [0x80])
      : toBytes([0x83, 2, 1, 0xa1, 0x65], "roles", [0xa0]);
    const splice = (head: Uint8Array, bytes: Uint8Array, tail: number): Uint8Array => {
      const out = new Uint8Array(head.length + bytes.length - tail);
      out.set(head);
      out.set(bytes.subarray(tail), head.length);
      return out;
    };
    return (from, frame) => {
      const bytes = frame as Uint8Array;
      switch (msgpack || bytes[1] !== 0x18 ? bytes[1] : bytes[2]) {
        case 48: {
          const id = this.#next++;
          const slot = id % SLOTS;
          this.#callers[slot] = from;
          for (let i = 0; i < 4; i++) this.#requestBytes[4 * slot + i] = bytes[idAt + i]!;
          const out = splice(invocation, bytes, callTail);
          for (let i = 0; i < 4; i++) out[idAt + i] = id >>> (24 - 8 * i);
          this.#callee!.send(out);
          break;
        }
        case 70: {
          let id = 0;
          for (let i = 0; i < 4; i++) id = id << 8 | bytes[idAt + i]!;
          const slot = id % SLOTS;
          const out = splice(result, bytes, yieldTail);
          for (let i = 0; i < 4; i++) out[idAt + i] = this.#requestBytes[4 * slot + i]!;
          this.#callers[slot]!.send(out);
          break;
        }
        case 64:
          this.#callee = from;
          from.send(registered);
          break;
        case 16: {
          const id = this.#next++;
          const out = splice(event, bytes, publishTail);
          for (let i = 0; i < 4; i++) out[idAt + 1 + i] = id >>> (24 - 8 * i);
          for (const one of this.#subscribers) one.send(out);
          break;
        }
        case 32:
          this.#subscribers.push(from);
          from.send(subscribed);
          break;
        default:
          from.send(welcome);
      }
    };
  }

  /** Cuts the text out and puts it behind a head of the other format, without looking whether it needs escapes. */
  #mixedRelay(callers: Messages, callees: Messages): (from: RelaySocket, frame: string | Uint8Array) => void {
    if (callers.format !== "json" || callees.format !== "msgpack") {
      throw new Error(`There is no null relay from ${callers.format} to ${callees.format}`);
    }
    const relayText = this.#textRelay(callers);
    const relayBytes = this.#binaryRelay(callees);
    const requestAt = callers.call.idAt;
    const requestEnd = requestAt + callers.call.idSize;
    const end = '"]]'.length;
    const textAt = callers.call.bytes.length - end;
    const idAt = callees.yield.idAt;
    const headAt = callees.yield.bytes.length - 1;
    const invocation = Buffer.from([0x95, 68, 0xce, 0, 0, 0, 0, 1, 0x80, 0x91]);
    return (from, frame) => {
      if (typeof frame === "string") {
        if (frame.slice(1, 3) !== "48") return relayText(from, frame);
        const id = this.#next++;
        const slot = id % SLOTS;
        this.#callers[slot] = from;
        this.#requests[slot] = frame.slice(requestAt, requestEnd);
        const size = frame.length - textAt - end;
        const head = textHead(size);
        const out = Buffer.allocUnsafe(invocation.length + head.length + size);
        invocation.copy(out);
        out.writeUInt32BE(id, idAt);
        head.copy(out, invocation.length);
        out.write(frame.slice(textAt, -end), invocation.length + head.length, "latin1");
        return this.#callee!.send(out);
      }
      if (frame[1] !== 70) return relayBytes(from, frame);
      const bytes = frame as Buffer;
      const slot = bytes.readUInt32BE(idAt) % SLOTS;
      const code = bytes[headAt]!;
      const text = bytes.toString("latin1", headAt + (code < 0xc0 ? 1 : 1 + (1 << (code - 0xd9))));
      this.#callers[slot]!.send(`[50,${this.#requests[slot]},{},["${text}"]]`);
    };
  }
}

function textHead(size: number): Buffer {
  if (size < 32) return Buffer.from([0xa0 | size]);
  if (size < 1 << 8) return Buffer.from([0xd9, size]);
  if (size < 1 << 16) return Buffer.from([0xda, size >> 8, size & 255]);
  return Buffer.from([0xdb, size >>> 24, size >> 16 & 255, size >> 8 & 255, size & 255]);
}
