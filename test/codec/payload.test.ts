import type { Frame, Head, HeaderElement } from "@izaber/wamp/codec";
import { createCodec, Encoded, Payload } from "@izaber/wamp/codec";
import { ProtocolViolation } from "@izaber/wamp/wire";
import type { WampValue } from "@izaber/wamp/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keptHead, spendHeader } from "../../src/codec/head_memory.ts";
import { PayloadInFrame } from "../../src/codec/payload_in_frame.ts";
import { halves } from "../support/codec_halves.ts";
import { args, fromHex, kwargs, serializers, toHex, values } from "../support/codec_values.ts";

const runs = { numRuns: 200 };

function comparable(frame: Frame): string {
  return typeof frame === "string" ? frame : toHex(frame as Uint8Array);
}

for (const serializer of serializers) {
  describe(serializer.name, () => {
    test("what goes in comes out", () => {
      fc.assert(
        fc.property(args, kwargs, kwargs, (list, dict, options) => {
          const frame = serializer.encode([36, 2 ** 53 - 1, 7, options], Payload.of(list, dict));
          const head = serializer.scan(frame);
          expect([head.type, head.firstId, head.secondId]).toEqual([36, 2 ** 53 - 1, 7]);
          expect(head.options).toEqual(options);
          expect(head.payload.args).toEqual(list);
          expect(head.payload.kwargs).toEqual(dict);
        }),
        runs,
      );
    });

    test("what is passed on is the same text or bytes", () => {
      fc.assert(
        fc.property(args, kwargs, (list, dict) => {
          const payload = Payload.of(list, dict);
          const call = serializer.scan(serializer.encode([48, 5, { timeout: 9 }, "com.example"], payload));
          const invocation = serializer.encode([68, 1, 2, { procedure: "x" }], call.payload);
          expect(comparable(invocation)).toBe(comparable(serializer.encode([68, 1, 2, { procedure: "x" }], payload)));
        }),
        runs,
      );
    });

    test("nothing is decoded for passing on", () => {
      const frame = serializer.encode([48, 5, {}, "com.example"], Payload.of(["x"], { k: 1 }));
      const watched = { ...serializer, decode: () => expect.unreachable("decoded") as never };
      const head = watched.scan(frame);
      const passed = Payload.received(new PayloadInFrame(watched, frame, ...rangesOf(serializer.encode, frame)));
      expect(comparable(serializer.encode([48, 5, {}, "com.example"], passed))).toBe(comparable(frame));
      expect(head.type).toBe(48);
    });

    test("a payload is encoded once, whatever headers it goes behind", () => {
      let reads = 0;
      const payload = Payload.of([1], {
        get n() {
          return ++reads;
        },
      });
      const first = serializer.scan(serializer.encode([36, 1, 2, {}], payload));
      const before = reads;
      const second = serializer.scan(serializer.encode([36, 70_000, 2, { topic: "com.example" }], payload));
      expect(reads).toBe(before);
      expect(second.payload.kwargs).toEqual(first.payload.kwargs);
    });

    test("what is kept is the same, whatever came before and behind it", () => {
      fc.assert(
        fc.property(args, kwargs, kwargs, (list, dict, options) => {
          const head = serializer.scan(serializer.encode([50, 7, options], Payload.of(list, dict)));
          const kept = head.payload.kept();
          expect(comparable(serializer.encode([50, 1, {}], kept))).toBe(
            comparable(serializer.encode([50, 1, {}], Payload.of(list, dict))),
          );
          expect([kept.args, kept.kwargs]).toEqual([list, dict]);
        }),
        runs,
      );
      expect(Payload.empty.kept()).toBe(Payload.empty);
      const opaque = serializer.scan(
        serializer.encode([48, 7, { enc_algo: "x_a" }, "a.b"], Payload.ofOpaque("secret")),
      );
      expect([opaque.payload.kept().isOpaque, opaque.payload.kept().args]).toEqual([true, ["secret"]]);
    });

    test("a payload is decoded once", () => {
      const head = serializer.scan(serializer.encode([50, 1, {}], Payload.of([{ a: 1 }], { b: [2] })));
      expect(head.payload.args).toBe(head.payload.args);
      expect(head.payload.kwargs).toBe(head.payload.kwargs);
      expect(head.payload.encodedBy(serializer)).toEqual(head.payload.encodedBy(serializer));
    });

    for (const other of serializers.filter(({ name }) => name !== serializer.name)) {
      test(`${other.name} gets it transcoded, once`, () => {
        fc.assert(
          fc.property(args, kwargs, (list, dict) => {
            const { payload } = serializer.scan(serializer.encode([50, 1, {}], Payload.of(list, dict)));
            const again = other.scan(other.encode([50, 1, {}], payload)).payload;
            expect([again.args, again.kwargs]).toEqual([list, dict]);
            expect(payload.encodedBy(other)).toBe(payload.encodedBy(other));
          }),
          runs,
        );
      });

      test(`an opaque payload goes through to ${other.name}`, () => {
        for (const value of ["text", new Uint8Array([1, 2, 3])]) {
          const frame = serializer.encode([16, 1, { enc_algo: "cryptobox" }, "a.b"], Payload.ofOpaque(value));
          const head = serializer.scan(frame);
          expect(head.payload.isOpaque).toBe(true);
          expect([head.payload.args, head.payload.kwargs]).toEqual([[value], {}]);
          const event = other.scan(other.encode([36, 1, 2, { enc_algo: "cryptobox" }], head.payload));
          expect(event.payload.isOpaque).toBe(true);
          expect(event.payload.args).toEqual([value]);
        }
      });
    }

    test("an opaque payload is passed on as it came, and refused without enc_algo", () => {
      const payload = Payload.ofOpaque(new Uint8Array([1, 2, 3]));
      const head = serializer.scan(serializer.encode([16, 1, { enc_algo: "cryptobox" }, "a.b"], payload));
      expect(comparable(serializer.encode([36, 1, 2, { enc_algo: "cryptobox" }], head.payload)))
        .toBe(comparable(serializer.encode([36, 1, 2, { enc_algo: "cryptobox" }], payload)));
      expect(() => serializer.scan(serializer.encode([16, 1, {}, "a.b"], payload))).toThrow(ProtocolViolation);
    });

    test("options that were encoded before go in as they are", () => {
      fc.assert(
        fc.property(kwargs, (options) => {
          const encoded = serializer.encodeValue(options);
          expect(encoded).toBeInstanceOf(Encoded);
          expect(serializer.scan(serializer.encode([70, 1, encoded])).options).toEqual(options);
        }),
        runs,
      );
    });

    test("batches come apart as they were put together", () => {
      fc.assert(
        fc.property(fc.array(args, { minLength: 1, maxLength: 5 }), (lists) => {
          const frames = lists.map((list, at) => serializer.encode([50, at, {}], Payload.of(list)));
          const parts = [...serializer.splitBatch(serializer.joinBatch(frames))];
          expect(parts.map(comparable)).toEqual(frames.map(comparable));
          expect(parts.map((part) => serializer.scan(part).payload.args)).toEqual(lists);
        }),
        runs,
      );
    });

    test("every size around the edges of length fields", () => {
      for (
        const size of [
          0,
          1,
          15,
          16,
          23,
          24,
          31,
          32,
          47,
          48,
          49,
          254,
          255,
          256,
          257,
          1023,
          1024,
          4095,
          4096,
          16383,
          16384,
          65535,
          65536,
        ]
      ) {
        const list = ["x".repeat(size), "é".repeat(size), new Uint8Array(size).fill(7)];
        const head = serializer.scan(serializer.encode([50, size, {}], Payload.of(list)));
        expect(head.payload.args).toEqual(list);
        const flat = Array.from({ length: size }, (_, at) => at);
        const dict = Object.fromEntries(flat.map((at) => [`key${at}`, at]));
        const wide = serializer.scan(serializer.encode([50, size, {}], Payload.of([flat], { dict })));
        expect(wide.payload.args).toEqual([flat]);
        expect(wide.payload.kwargs).toEqual({ dict });
      }
    });

    test("frames do not share bytes, however many are made", () => {
      const frames = Array.from(
        { length: 3000 },
        (_, at) => serializer.encode([50, at, {}], Payload.of([`value ${at}`])),
      );
      frames.forEach((frame, at) => {
        const head = serializer.scan(frame);
        expect([head.firstId, head.payload.args]).toEqual([at, [`value ${at}`]]);
      });
    });

    test("every value is a value on its own", () => {
      fc.assert(
        fc.property(values, (value) => {
          const { data } = serializer.encodeValue(value);
          expect(serializer.decode(data as Frame, 0, (data as string | Uint8Array).length)).toEqual(value);
        }),
        runs,
      );
    });
  });
}

/** Where args and kwargs lie in a frame whose payload is `["x"], {k: 1}`. */
function rangesOf(encode: typeof serializers[0]["encode"], frame: Frame): [number, number, number, number] {
  const size = (part: Frame) => (part as string | Uint8Array).length;
  const closing = typeof frame === "string" ? 1 : 0;
  const without = size(encode([48, 5, {}, "com.example"])) - closing;
  const withArgs = size(encode([48, 5, {}, "com.example"], Payload.of(["x"]))) - closing;
  return [without + closing, withArgs, withArgs + closing, size(frame) - closing];
}

describe.each(halves)("kwargs with odd keys, $backend:", ({ backend, msgpack, cbor, json }) => {
  // {b"id": 7, "amount": 100}, as Python's msgpack writes keys of bytes
  const kwargs = "82c4026964" + "07" + "a6616d6f756e74" + "64";
  const received = () => msgpack.scan(fromHex(`9532018090${kwargs}`)).payload;
  const entries = [[Uint8Array.of(0x69, 0x64), 7], ["amount", 100]];

  test("none is lost on the way to the other binary format, and back", () => {
    const there = cbor.scan(cbor.encode([50, 1, {}], received())).payload;
    expect(there.kwargs).toEqual(new Map(entries as never));
    const back = msgpack.encode([50, 1, {}], there);
    expect(toHex(back as Uint8Array)).toBe(`9532018090${kwargs}`);
  });

  test("JSON, which has no such keys, refuses them by name", () => {
    expect(() => json.encode([50, 1, {}], received())).toThrow(
      "Cannot encode kwargs as JSON: it is a Map with an odd key",
    );
    const text = Payload.of([], new Map<unknown, unknown>([["a", 1], [2, "b"]]) as never);
    expect(json.scan(json.encode([50, 1, {}], text)).payload.kwargs).toEqual({ a: 1, 2: "b" });
    expect(json.encode([50, 1, {}], Payload.of([1], new Map() as never))).toBe("[50,1,{},[1]]");
  });

  test("nor are integers lost where they stay what they are", () => {
    const codec = createCodec({ backend, mapKeys: "map" });
    const { payload } = codec.cbor.scan(fromHex("85183201a08101a201026161" + "03"));
    const kwargs = new Map<unknown, unknown>([[1, 2], ["a", 3]]);
    expect(codec.msgpack.scan(codec.msgpack.encode([50, 1, {}], payload)).payload.kwargs).toEqual(kwargs);
    expect(codec.json.encode([50, 1, {}], payload)).toBe('[50,1,{},[1],{"1":2,"a":3}]');
  });
});

describe.each(halves)("a message that is spent, $backend", ({ serializers }) => {
  for (const serializer of serializers) {
    const large = "x".repeat(20_000);
    // Not mostly one text, so that the core reads it.
    const rows = Array.from({ length: 400 }, (_, i) => `row number ${i}`);

    test.each([["a long text", large], ["many short texts", rows]])(
      `${serializer.name}: its payload is passed on whole, behind headers of every length: %s`,
      (_what, large) => {
        for (let length = 0; length < 80; length++) {
          const call = (procedure: string, value: WampValue) =>
            serializer.encode([48, 7, { disclose_me: true }, procedure], Payload.of([value], { n: 1 }));
          const frames = [call("before", "a"), call("com.example.procedure", large), call("after", "b")];
          const batch = serializer.joinBatch(frames);
          const [, head] = [...serializer.scanBatch(batch)] as [Head, Head, Head];
          spendHeader(head);
          const headers: HeaderElement[][] = [[68, 1, 2, { procedure: "p".repeat(length) }], [68, 2, 3, {}]];
          const sent = headers.map((header) => serializer.encode(header, head.payload));
          for (const [index, frame] of sent.entries()) {
            const { firstId, secondId, options, payload } = serializer.scan(frame);
            expect([68, firstId, secondId, options]).toEqual(headers[index]);
            expect([payload.args, payload.kwargs]).toEqual([[large], { n: 1 }]);
          }
          const kept = keptHead(head);
          for (const one of [head, kept]) {
            expect([one.uri, one.options]).toEqual(["com.example.procedure", { disclose_me: true }]);
            expect(one.payload.args).toEqual([large]);
          }
          const [first, , last] = serializer.splitBatch(batch) as [Frame, Frame, Frame];
          expect([first, last]).toEqual([frames[0], frames[2]]);
        }
      },
    );

    test(`${serializer.name}: nothing is written into a message that is not`, () => {
      const frame = serializer.encode([48, 7, {}, "com.example.procedure"], Payload.of([large]));
      const copy = (frame as string | Uint8Array).slice();
      const head = serializer.scan(frame);
      serializer.encode([68, 1, 2, {}], head.payload);
      expect(frame).toEqual(copy);
    });
  }
});

test("a payload that is a small part of the memory it came in is passed on as a copy, so that who waits keeps no more than it says", () => {
  for (const serializer of serializers.filter(({ name }) => name !== "json")) {
    const frame = serializer.encode([48, 7, {}, "com.example.procedure"], Payload.of(["x".repeat(5_000)]));
    for (const [bytes, isCopy] of [[60_000, true], [6_000, false]] as const) {
      const memory = new Uint8Array(bytes);
      memory.set(frame as Uint8Array);
      const head = serializer.scan(memory.subarray(0, (frame as Uint8Array).length));
      spendHeader(head);
      const passedOn = serializer.encode([68, 1, 2, {}], head.payload) as Uint8Array;
      expect(passedOn.buffer !== memory.buffer).toBe(isCopy);
      expect(serializer.scan(passedOn as Frame).payload.args).toEqual(["x".repeat(5_000)]);
    }
  }
});

test("options that have large binary stay as they are, and so does the message", () => {
  for (const serializer of serializers.filter(({ name }) => name !== "json")) {
    const options = { _x: new Uint8Array(12_000).fill(7) };
    const frame = serializer.encode([48, 7, options, "a.b"], Payload.of(["x".repeat(5_000)])) as Uint8Array;
    const head = serializer.scan(frame as Frame);
    const seen = head.options;
    spendHeader(head);
    serializer.encode([68, 2 ** 52, 2 ** 52, { procedure: "a.b" }], head.payload);
    expect(seen).toEqual(options);
  }
});
