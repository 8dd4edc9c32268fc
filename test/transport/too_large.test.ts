import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { json, msgpack } from "../../src/codec/mod.ts";
import { Payload } from "../../src/codec/payload.ts";
import { Connection } from "../../src/transport/connection.ts";
import { FrameLimit, frameSize } from "../../src/transport/frame_limit.ts";
import { WampError } from "../../src/wire/errors.ts";
import { StubTransport } from "../support/stub_transport.ts";

class LimitedTransport extends StubTransport {
  readonly frameLimit = new FrameLimit(512);
}

function limited(): { transport: LimitedTransport; connection: Connection } {
  const transport = new LimitedTransport();
  return { transport, connection: new Connection(transport, json) };
}

const large = Payload.of(["x".repeat(600)]);

test("a text is as large as its UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), fc.string({ maxLength: 5 }), (text, other) => {
      const lone = `${text}\ud800${other}\udc00`;
      for (const one of [text, other, lone]) {
        expect(frameSize(one, json, 0)).toBe(new TextEncoder().encode(one).length);
      }
    }),
  );
  expect(frameSize(Uint8Array.of(1, 2, 3), msgpack, 0)).toBe(3);
});

describe("what the other side does not take", () => {
  test("is refused, and nothing of it is sent", () => {
    const { transport, connection } = limited();
    const error = catching(() => connection.send([48, 1, {}, "com.example.procedure"], large));
    expect(WampError.is(error, "payload_size_exceeded")).toBe(true);
    expect((error as Error).message).toMatch(/^Cannot send CALL of \d{3} bytes: the other side takes 512/);
    connection.send([48, 1, {}, "com.example.procedure"]);
    transport.endTurn();
    expect(transport.written).toEqual([['[48,1,{},"com.example.procedure"]']]);
  });

  test("is counted in bytes, not in letters", () => {
    const { connection } = limited();
    expect(connection.takes("\u20ac".repeat(170))).toBe(true);
    expect(connection.takes("\u20ac".repeat(171))).toBe(false);
    connection.sendFrame("\u20ac".repeat(171));
    expect(connection.queuedBytes).toBe(0);
  });

  test("of an ERROR is its payload", () => {
    const { transport, connection } = limited();
    connection.send([8, 48, 1, {}, "com.example.error"], large);
    transport.endTurn();
    expect(transport.written).toEqual([['[8,48,1,{},"com.example.error"]']]);
  });

  test("ends the connection where there can be no session without it", () => {
    const { transport, connection } = limited();
    connection.send([2, 1, { agent: "x".repeat(600) }]);
    expect(connection.closed).toBe(true);
    expect(transport.asked).toEqual(["close"]);
    expect(transport.written).toEqual([]);
  });
});

function catching(act: () => void): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
