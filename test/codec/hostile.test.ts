import type { Frame, Head, HeaderElement, Serializer } from "@izaber/wamp/codec";
import { Payload } from "@izaber/wamp/codec";
import { ProtocolViolation, WampError } from "@izaber/wamp/wire";
import type { Dict, WampValue } from "@izaber/wamp/wire";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { args, fromHex, kwargs } from "../support/codec_values.ts";
import { readers } from "../support/codec_halves.ts";

describe.each(readers)("$reader", ({ json, msgpack, cbor, serializers }) => {
  /** Scans; gives nothing when the frame is refused as it should be. */
  function scan(serializer: Serializer, frame: Frame): Head | undefined {
    try {
      return serializer.scan(frame);
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolViolation);
      expect((error as Error).message).toMatch(/at offset \d+/);
      return undefined;
    }
  }

  /** What passes a scan decodes, and can be passed on to every peer, or is refused for what one format lacks. */
  function expectSound(serializer: Serializer, frame: Frame): void {
    const head = scan(serializer, frame);
    if (head === undefined) return;
    expect(typeof head.options).toBe("object");
    expect(Array.isArray(head.payload.args)).toBe(true);
    expect(typeof head.payload.kwargs).toBe("object");
    for (const other of serializers) {
      try {
        other.scan(other.encode([50, 1, { enc_algo: "x_test" }], head.payload));
      } catch (error) {
        expect(error).toBeInstanceOf(WampError);
        expect((error as WampError).code).toBe("unserializable");
      }
    }
  }

  /** A RESULT whose args are so many times the same. */
  function crowded(serializer: Serializer, count: number, piece: string): Frame {
    if (serializer.name === "json") return `[50,1,{},[${Array(count).fill(piece).join(",")}]]`;
    const start = fromHex(serializer.name === "msgpack" ? "94320180dd" : "84183201a09a");
    const each = fromHex(piece);
    const frame = new Uint8Array(start.length + 4 + count * each.length);
    frame.set(start);
    new DataView(frame.buffer).setUint32(start.length, count);
    for (let at = start.length + 4; at < frame.length; at += each.length) frame.set(each, at);
    return frame;
  }

  test.each(
    [
      ["json", "{}", 1],
      ["json", "[[]]", 2],
      ["json", '"\\u0000"', 4],
      ["msgpack", "80", 1],
      ["msgpack", "90", 1],
      ["msgpack", "c400", 4],
      ["msgpack", "d40500", 4],
      ["cbor", "a0", 1],
      ["cbor", "80", 1],
      ["cbor", "9fff", 1],
      ["cbor", "bfff", 1],
      ["cbor", "40", 4],
      ["cbor", "5fff", 1],
      ["cbor", "d9d9f700", 4],
    ] as const,
  )(
    "%s: a message with too many of %s is refused, since it would become many times as large",
    (name, piece, weight) => {
      const serializer = serializers.find((one) => one.name === name)!;
      const most = 1_000_000 / weight;
      for (let round = 0; round < 2; round++) {
        expect(scan(serializer, crowded(serializer, most - 10, piece))?.type).toBe(50);
        const refused = () => serializer.scan(crowded(serializer, most + 1, piece));
        expect(refused).toThrow(/expected fewer lists, dictionaries and pieces of binary at offset \d+/);
      }
    },
  );

  test.each([
    ["json", '"k":0,', "{", "}"],
    ["msgpack", "a16b00", "df", ""],
    ["cbor", "616b00", "ba", ""],
    ["cbor", "616b00", "bf", "ff"],
  ])("%s: so many pairs, too, where one dictionary has them (%s %s)", (name, pair, head, tail) => {
    const serializer = serializers.find((one) => one.name === name)!;
    const dict = (pairs: number): Frame => {
      if (name === "json") return `[50,1,{},[],${head}${pair.repeat(pairs).slice(0, -1)}${tail}]`;
      const length = head === "bf" ? "" : pairs.toString(16).padStart(8, "0");
      const start = fromHex(`${name === "msgpack" ? "9532018090" : "85183201a080"}${head}${length}`);
      const each = fromHex(pair);
      const frame = new Uint8Array(start.length + pairs * each.length + tail.length / 2).fill(0xff);
      frame.set(start);
      for (let n = 0; n < pairs; n++) frame.set(each, start.length + n * each.length);
      return frame;
    };
    expect(scan(serializer, dict(1_000_000))?.type).toBe(50);
    expect(() => serializer.scan(dict(1_000_101))).toThrow(/expected fewer lists/);
  });

  test.each([["json", "{}"], ["msgpack", "80"], ["cbor", "a0"]])(
    "%s: the most is the same in every format",
    (name, piece) => {
      const serializer = serializers.find((one) => one.name === name)!;
      // The message, its details and its args are three more.
      expect(scan(serializer, crowded(serializer, 999_997, piece))?.type).toBe(50);
      expect(scan(serializer, crowded(serializer, 999_998, piece))).toBe(undefined);
    },
  );

  describe.each(["json", "msgpack", "cbor"])("%s: what a peer would refuse as too much is not even encoded", (name) => {
    const serializer = serializers.find((one) => one.name === name)!;
    const encode = (list: WampValue[], kwargs: Dict = {}, options: HeaderElement = {}) =>
      serializer.encode([50, 1, options], Payload.of(list, kwargs));
    const refused = expect.objectContaining({
      code: "payload_size_exceeded",
      message: expect.stringMatching(
        /^Cannot encode a message as \w+: expected fewer lists, dictionaries and pieces of binary, at most 1000000 in all/,
      ),
    });

    test.each<[string, number, WampValue]>([
      ["dictionaries", 999_997, {}],
      ["pieces of binary", 249_999, new Uint8Array()],
      ["pairs", 757, Object.fromEntries(Array.from({ length: 1_420 }, (_, n) => [`key ${n}`, n]))],
    ])("%s", (_, count, value) => {
      const list: WampValue[] = Array(count).fill(value);
      expect(scan(serializer, encode(list))?.type).toBe(50);
      expect(() => encode([...list, new Uint8Array()])).toThrow(refused);
    });

    test("lists anywhere", () => {
      const list: WampValue[] = Array(999_990).fill([]);
      const more = { more: Array(10).fill([]) };
      expect(() => encode(list, more)).toThrow(refused);
      expect(() => encode(list, {}, more)).toThrow(refused);
      expect(() => encode(list, {}, serializer.encodeValue(more))).toThrow(refused);
      expect(() => encode(more.more, { list })).toThrow(refused);
    });

    test("nor when it came in another format, but what came in this one is taken as it is", () => {
      const [first, second] = serializers.filter((one) => one !== serializer);
      const foreign = first!.scan(first!.encode([36, 1, 2, {}], Payload.of(Array(999_997).fill([])))).payload;
      const more = { more: [] };
      expect(() => serializer.encode([36, 1, 2, more], foreign)).toThrow(refused);
      expect(() => second!.encode([36, 1, 2, more], foreign)).toThrow(refused);
      expect(() => first!.encode([36, 1, 2, more], foreign)).not.toThrow();
    });

    test("and texts of others are looked at as before", () => {
      expect(() => encode(Array(999_998).fill([]))).toThrow(refused);
      const bytes = encode(["x".repeat(5000)]) as string | Uint8Array<ArrayBuffer>;
      if (typeof bytes === "string") return;
      bytes[bytes.length - 2500] = 0xff;
      expect(scan(serializer, bytes)).toBe(undefined);
    });
  });

  test("what one peer may say, another may be told in each format", () => {
    const list = JSON.stringify(Array(330_000).fill([10, { a: 20 }]));
    const { payload } = json.scan(`[16,1,{},"com.example.t",${list}]`);
    for (const serializer of serializers) {
      expect(scan(serializer, serializer.encode([36, 1, 1, {}], payload))?.type).toBe(36);
    }
  });

  test("keys count for nothing, whatever they begin with", () => {
    const dict = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`\0${n}`, 1000]));
    const payload = msgpack.scan(msgpack.encode([16, 1, {}, "a.b"], Payload.of(Array(3000).fill(dict)))).payload;
    for (const serializer of serializers) {
      expect(scan(serializer, serializer.encode([36, 1, 1, {}], payload))?.type).toBe(36);
    }
    const text = `[50,1,{},[${Array(90_000).fill('{"\\u0000a" : 1 ,"\\u0000b"\n:"\\u0000YQ=="}').join()}]]`;
    expect(scan(json, text)?.type).toBe(50);
    const wrong = `[50,1,{},[${Array(260_000).fill('"\\u0000YQ==" ').join()}]]`;
    expect(() => json.scan(wrong)).toThrow(/expected fewer lists/);
  });

  test("brackets in strings count for nothing", () => {
    const text = `[50,1,{},[${JSON.stringify('["{'.repeat(1_300_000))}]]`;
    expect(json.scan(text).payload.args[0]).toHaveLength(3 * 1_300_000);
    expect(scan(json, text.slice(0, -4))).toBe(undefined);
  });

  function rich(serializer: Serializer): Frame {
    return serializer.encode(
      [48, 300, { timeout: 5000, name: "é" }, "com.example.procedure"],
      Payload.of(
        [
          1,
          -1,
          1.5,
          "text",
          "名前",
          null,
          true,
          new Uint8Array([1, 2, 3]),
          2n ** 60n,
          -(2n ** 60n),
          [[], {}],
          "x".repeat(300),
        ],
        { key: { nested: [1, 2, { deep: [false] }] }, '"quoted\\': "\n" },
      ),
    );
  }

  for (const serializer of serializers) {
    describe(serializer.name, () => {
      test("a frame cut off anywhere is refused", () => {
        const frame = rich(serializer) as string | Uint8Array<ArrayBuffer>;
        expect(scan(serializer, frame)?.type).toBe(48);
        for (let length = 0; length < frame.length; length++) {
          expect(scan(serializer, frame.slice(0, length)), `cut at ${length}`).toBe(undefined);
        }
      });

      test("a frame with something behind it is refused", () => {
        const frame = rich(serializer);
        const longer = typeof frame === "string" ? `${frame}0` : new Uint8Array([...frame as Uint8Array, 0]);
        expect(scan(serializer, longer)).toBe(undefined);
      });

      test("a valid frame with a few bytes changed is refused or sound", () => {
        const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
        fc.assert(
          fc.property(args, kwargs, fc.array(change, { minLength: 1, maxLength: 4 }), (list, dict, changes) => {
            const frame = serializer.encode([36, 1, 2, dict], Payload.of(list, dict));
            expectSound(serializer, mutate(frame as string | Uint8Array<ArrayBuffer>, changes));
          }),
          { numRuns: 400 },
        );
      });
    });
  }

  function mutate(frame: string | Uint8Array<ArrayBuffer>, changes: readonly [number, number][]): Frame {
    if (typeof frame !== "string") {
      const copy = new Uint8Array(frame);
      for (const [at, byte] of changes) copy[at % copy.length] = byte;
      return copy;
    }
    const characters = [...frame];
    for (const [at, code] of changes) characters[at % characters.length] = String.fromCharCode(code & 0x7f);
    return characters.join("");
  }

  test("random bytes are refused or sound", () => {
    const head = fc.constantFrom<readonly number[]>([], [0x93], [0x94, 0x30], [0x95, 0x24, 1, 2, 0x80], [
      0x84,
      0x18,
      0x32,
      1,
      0xa0,
    ], [0x9f, 0x18, 0x32, 1]);
    fc.assert(
      fc.property(head, fc.uint8Array({ maxLength: 200 }), (first, rest) => {
        const frame = new Uint8Array([...first, ...rest]);
        expectSound(msgpack, frame);
        expectSound(cbor, frame);
      }),
      { numRuns: 3000 },
    );
  });

  test("random text is refused or sound", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      '"',
      "\\",
      "\\u0000",
      "1",
      "-",
      "0",
      ".",
      "e5",
      "null",
      "true",
      " ",
      "a",
      "12345678901234567890",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expectSound(json, pieces.join(""));
        expectSound(json, `[50,1,{},[${pieces.join("")}]]`);
      }),
      { numRuns: 3000 },
    );
  });

  test("JSON is exactly what JSON.parse takes", () => {
    const piece = fc.constantFrom(
      "[",
      "]",
      "{",
      "}",
      ",",
      ":",
      '"',
      '""',
      '"a":',
      "\\",
      "\\n",
      "\\u00e9",
      "1",
      "-",
      "0",
      ".5",
      "e5",
      "E+1",
      "null",
      "tru",
      "true",
      " ",
      "\n",
      "a",
      "\t",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `[50,1,{},[${pieces.join("")}]]`;
        let expected = true;
        try {
          const value = JSON.parse(text);
          // The pieces may close the list of args and go on with the message.
          expected = value.length === 4 ||
            value.length === 5 && Object.prototype.toString.call(value[4]) === "[object Object]";
        } catch {
          expected = false;
        }
        expect(scan(json, text) !== undefined, text).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  describe("declared lengths", () => {
    const heads = {
      msgpack: [
        "dbffffffff",
        "c6ffffffff",
        "c9ffffffff05",
        "ddffffffff",
        "dfffffffff",
        "ddfffffffff0",
        "df7fffffff01",
        "dcffff",
        "deffff",
        "d9ff",
        "c4ff",
      ],
      cbor: [
        "7affffffff",
        "7bffffffffffffffff",
        "5b001fffffffffffff",
        "9affffffff",
        "9b001fffffffffffff",
        "ba7fffffff01",
        "bbffffffffffffffff",
        "78ff",
        "58ff",
        "98ff",
      ],
    };
    for (const [name, digits] of Object.entries(heads)) {
      const serializer = name === "cbor" ? cbor : msgpack;
      for (const head of digits) {
        test(`${name} ${head} with nothing behind it is refused wherever it stands`, () => {
          for (
            const before of name === "cbor"
              ? ["", "8318", "841832", "84183201", "84183201a0", "84183201a081", "84183201a08102"]
              : ["", "93", "9332", "943201", "94320180", "9432018091"]
          ) {
            expect(scan(serializer, fromHex(before + head))).toBe(undefined);
          }
          const bytes = fromHex(head);
          expect(() => serializer.decode(bytes, 0, bytes.length)).toThrow(ProtocolViolation);
        });
      }
    }
  });

  describe("depth", () => {
    const nests: [string, Serializer, string, string, string][] = [
      ["lists", msgpack, "94320180", "91", "90"],
      ["dictionaries", msgpack, "9432018091", "8101", "80"],
      ["lists", cbor, "84183201a0", "81", "80"],
      ["lists of unknown length", cbor, "84183201a0", "9f", ""],
      ["dictionaries", cbor, "84183201a081", "a101", "a0"],
      ["tags", cbor, "84183201a081", "c1", "00"],
    ];
    for (const [what, serializer, before, nest, inside] of nests) {
      test(`${serializer.name}: 100,000 levels of ${what} are refused`, () => {
        const frame = fromHex(before + nest.repeat(100_000) + inside);
        expect(() => serializer.scan(frame)).toThrow("nesting");
        const value = fromHex(nest.repeat(100_000) + inside);
        expect(() => serializer.decode(value, 0, value.length)).toThrow(ProtocolViolation);
      });
    }

    for (const serializer of serializers) {
      test(`${serializer.name}: 128 levels are taken, and taken by the others`, () => {
        const nest = (depth: number): unknown => depth === 0 ? 0 : [nest(depth - 1)];
        const { payload } = serializer.scan(serializer.encode([50, 1, {}], Payload.of([nest(126) as never])));
        for (const other of serializers) {
          expect(other.scan(other.encode([50, 1, {}], payload)).payload.args).toEqual([nest(126)]);
        }
        expect(() => serializer.encode([50, 1, {}], Payload.of([nest(127) as never]))).toThrow(WampError);
      });
    }
  });

  describe("invalid UTF-8", () => {
    const texts = [
      "ff",
      "c0af",
      "c328",
      "e282",
      "e0809f",
      "eda080",
      "f08080af",
      "f4908080",
      "f8888080",
      "80",
      "c3",
      "6161c3",
    ];
    for (const digits of texts) {
      const length = digits.length / 2;
      test(`${digits} is refused, as a value, a key and a URI, short and long`, () => {
        const pad = "61".repeat(2000);
        const text = (0xa0 + length).toString(16) + digits;
        const long = `da${(2000 + length).toString(16).padStart(4, "0")}${pad}${digits}`;
        for (const value of [text, long]) {
          expect(scan(msgpack, fromHex(`9432018091${value}`))).toBe(undefined);
          expect(scan(msgpack, fromHex(`943201809181${value}01`))).toBe(undefined);
          expect(scan(msgpack, fromHex(`94300180${value}`))).toBe(undefined);
          expect(() => msgpack.decode(fromHex(value), 0, value.length / 2)).toThrow(ProtocolViolation);
        }
        const cborText = (0x60 + length).toString(16) + digits;
        const cborLong = `79${(2000 + length).toString(16).padStart(4, "0")}${pad}${digits}`;
        for (const value of [cborText, cborLong]) {
          expect(scan(cbor, fromHex(`84183201a081${value}`))).toBe(undefined);
          expect(scan(cbor, fromHex(`84183201a081a1${value}01`))).toBe(undefined);
          expect(scan(cbor, fromHex(`84183001a0${value}`))).toBe(undefined);
          expect(() => cbor.decode(fromHex(value), 0, value.length / 2)).toThrow(ProtocolViolation);
        }
      });
    }
  });

  test("a wrong byte is found wherever it is in a text of any length, and named by its place", () => {
    const lengths = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 900, max: 5_000 }));
    fc.assert(
      fc.property(lengths, fc.nat(), fc.nat(), fc.nat(7), (length, place, accents, offset) => {
        const bad = place % length;
        const text = new Uint8Array(length).fill(0x61);
        // Some characters of two bytes before it, so that it is not the first that is no ASCII.
        for (let at = accents % length; at + 1 < bad; at += 97) text.set([0xc3, 0xa9], at);
        text[bad] = 0xff;
        const memory = new Uint8Array(offset + 10 + length);
        const frame = memory.subarray(offset);
        frame.set([0x94, 0x32, 1, 0x80, 0x91, 0xdb]);
        new DataView(frame.buffer, frame.byteOffset).setUint32(6, length);
        frame.set(text, 10);
        expect(() => msgpack.scan(frame)).toThrow(`at offset ${10 + bad}, found byte 0xff`);
        for (let at = 0; at < length; at++) if (frame[10 + at] === 0xff) frame[10 + at] = 0x62;
        expect(msgpack.scan(frame)?.type).toBe(50);
      }),
    );
  });

  test("a frame of the wrong kind is refused", () => {
    expect(() => msgpack.scan("[1]")).toThrow(ProtocolViolation);
    expect(() => cbor.scan("[1]")).toThrow(ProtocolViolation);
    expect(() => json.scan(new Uint8Array(3))).toThrow(ProtocolViolation);
  });

  describe("messages of the wrong shape", () => {
    const messages: unknown[][] = [
      [],
      ["48"],
      [null],
      [0],
      [37, 1],
      [1024, 1],
      [48],
      [48, 1, {}],
      [48, 1, [], "a"],
      [48, "1", {}, "a"],
      [48, 1.5, {}, "a"],
      [48, -1, {}, "a"],
      [48, 1, {}, 5],
      [48, 1, {}, "a", {}],
      [48, 1, {}, "a", 5],
      [48, 1, {}, "a", "x"],
      [48, 1, {}, "a", [], []],
      [48, 1, {}, "a", [], false],
      [48, 1, {}, "a", [], {}, 5],
      [32, 1, {}, "a", []],
      [34, 1],
      [6, {}],
      [8, 0, 1, {}, "a"],
      [8, 68, 1, {}],
      [1, 7, {}],
      [2, 1],
    ];
    for (const message of messages) {
      test(`${JSON.stringify(message)} is refused in every format`, () => {
        for (const serializer of serializers) {
          expect(scan(serializer, serializer.encodeValue(message as never).data as Frame), serializer.name).toBe(
            undefined,
          );
        }
      });
    }

    test("a null realm and null args are taken in every format", () => {
      for (const serializer of serializers) {
        const frame = (message: unknown) => serializer.encodeValue(message as never).data as Frame;
        expect(serializer.scan(frame([1, null, {}])).uri).toBe("");
        const head = serializer.scan(frame([48, 1, {}, "a", null, { k: 1 }]));
        expect([head.payload.args, head.payload.kwargs]).toEqual([[], { k: 1 }]);
        expect(serializer.scan(frame([300, "any", { thing: 1 }])).type).toBe(300);
        expect(serializer.scan(frame([35, 0, { subscription: 5 }])).options).toEqual({ subscription: 5 });
      }
    });
  });
});
