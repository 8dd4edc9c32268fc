import { expect, test } from "vitest";
import { type Format, messagesOf, type Template, writeId } from "../../bench/load/frames.ts";
import { NullRelay } from "../../bench/null_relay/relay.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Frame } from "../../src/codec/serializer.ts";

const serializers = { json, msgpack, cbor };
const pairs: [Format, Format][] = [["json", "json"], ["msgpack", "msgpack"], ["cbor", "cbor"], ["json", "msgpack"]];

/** A connection that keeps what is sent to it. */
class Inbox {
  readonly #format: Format;
  #frames: (string | Uint8Array)[] = [];

  constructor(format: Format) {
    this.#format = format;
  }

  send(frame: string | Uint8Array): void {
    this.#frames.push(frame);
  }

  /** The one message that came. */
  take() {
    expect(this.#frames).toHaveLength(1);
    const [frame] = this.#frames.splice(0);
    return serializers[this.#format].scan(frame as Frame);
  }
}

test.each(pairs)("the null relay carries calls in %s to a callee in %s", (format, calleeFormat) => {
  for (const size of [0, 16, 100, 300, 70_000]) {
    const text = "x".repeat(size);
    const { relay } = new NullRelay(format, calleeFormat);
    const caller = new Inbox(format);
    const callee = new Inbox(calleeFormat);
    const calling = messagesOf(format, "realm1", text);
    const serving = messagesOf(calleeFormat, "realm1", text);
    relay(caller, frameOf(format, calling.hello, 0));
    expect(caller.take().type).toBe(2);
    relay(callee, frameOf(calleeFormat, serving.hello, 0));
    expect(callee.take().type).toBe(2);
    relay(callee, frameOf(calleeFormat, serving.register, 7));
    expect(callee.take().type).toBe(65);
    for (const request of [1, 70_000, 4_000_000_000]) {
      relay(caller, frameOf(format, calling.call, request));
      const invocation = callee.take();
      expect(invocation.type).toBe(68);
      expect(invocation.payload.args).toEqual([text]);
      relay(callee, frameOf(calleeFormat, serving.yield, invocation.firstId));
      const result = caller.take();
      expect(result).toMatchObject({ type: 50, firstId: request });
      expect(result.payload.args).toEqual([text]);
    }
  }
});

test("the null relay tells which mixtures it has", () => {
  expect(() => new NullRelay("cbor", "json")).toThrow("no null relay from cbor to json");
});

function frameOf(format: Format, { bytes, idAt, idSize }: Template, id: number): string | Uint8Array {
  const copy = Buffer.from(bytes);
  if (idAt > 1) writeId(format, copy, idAt, idSize, id);
  return format === "json" ? copy.toString() : copy;
}
