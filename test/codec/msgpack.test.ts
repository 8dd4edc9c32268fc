import { Extension, Payload } from "@izaber/wamp/codec";
import { ProtocolViolation, type WampError } from "@izaber/wamp/wire";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../support/codec_values.ts";
import { halves } from "../support/codec_halves.ts";

describe.each(halves)("$backend", ({ msgpack, createMsgpack }) => {
  /** Decodes one value, given in hexadecimal. */
  function decode(digits: string, serializer = msgpack): unknown {
    return serializer.scan(fromHex(`9432018091${digits}`)).payload.args[0];
  }

  function encode(value: unknown): string {
    return toHex(msgpack.encodeValue(value as never).data as Uint8Array);
  }

  function refusal(value: unknown): string {
    try {
      msgpack.encode([48, 1, {}, "a"], Payload.of([value as never]));
    } catch (error) {
      expect((error as WampError).code).toBe("unserializable");
      return (error as WampError).message;
    }
    throw new Error("nothing was refused");
  }

  describe("decoding", () => {
    const cases: [string, string, unknown][] = [
      ["positive fixint", "7f", 127],
      ["negative fixint", "e0", -32],
      ["uint 8", "ccff", 255],
      ["uint 16", "cdffff", 65535],
      ["uint 32", "ceffffffff", 4294967295],
      ["uint 64, safe", "cf001fffffffffffff", 2 ** 53 - 1],
      ["uint 64, beyond", "cf0020000000000000", 2n ** 53n],
      ["uint 64, largest", "cfffffffffffffffff", 2n ** 64n - 1n],
      ["int 8", "d080", -128],
      ["int 16", "d18000", -32768],
      ["int 32", "d280000000", -2147483648],
      ["int 64, safe", "d3ffe0000000000001", -(2 ** 53) + 1],
      ["int 64, beyond", "d38000000000000000", -(2n ** 63n)],
      ["float 32", "ca3fc00000", 1.5],
      ["float 64", "cb3fb999999999999a", 0.1],
      ["float infinity", "ca7f800000", Infinity],
      ["nil", "c0", null],
      ["false", "c2", false],
      ["true", "c3", true],
      ["fixstr", "a3616263", "abc"],
      ["str 8", "d903616263", "abc"],
      ["str 16", "da0003616263", "abc"],
      ["str 32", "db00000003616263", "abc"],
      ["text with a byte order mark", "a4efbbbf61", "\ufeffa"],
      ["text of four-byte characters", "a8f09f9982f09f9982", "🙂🙂"],
      ["bin 8", "c403010203", new Uint8Array([1, 2, 3])],
      ["bin 16", "c50003010203", new Uint8Array([1, 2, 3])],
      ["bin 32", "c600000003010203", new Uint8Array([1, 2, 3])],
      ["array 16", "dc000201a161", [1, "a"]],
      ["array 32", "dd0000000201a161", [1, "a"]],
      ["map 16", "de0001a16101", { a: 1 }],
      ["map 32", "df00000001a16101", { a: 1 }],
      ["timestamp 32", "d6ff499602d2", new Date(1234567890000)],
      ["timestamp 64", "d7ff1d535300499602d2", new Date(1234567890123)],
      ["timestamp 96", "c70cff0754d4c0fffffffffffffffe", new Date(-2000 + 123)],
      [
        "a timestamp that no Date can be",
        "c70cff000000007fffffffffffffff",
        new Extension(-1, fromHex("000000007fffffffffffffff")),
      ],
      ["fixext 1", "d40509", new Extension(5, new Uint8Array([9]))],
      ["undefined as msgpackr has it", "d40000", undefined],
      ["fixext 1 of its type", "d40001", new Extension(0, new Uint8Array([1]))],
      ["fixext 2", "d5050909", new Extension(5, new Uint8Array([9, 9]))],
      ["fixext 16", `d880${"00".repeat(16)}`, new Extension(-128, new Uint8Array(16))],
      ["ext 8", "c70305090909", new Extension(5, new Uint8Array([9, 9, 9]))],
      ["ext 16", "c8000305090909", new Extension(5, new Uint8Array([9, 9, 9]))],
      ["ext 32", "c90000000305090909", new Extension(5, new Uint8Array([9, 9, 9]))],
      ["integer keys", "8201a16102a162", { 1: "a", 2: "b" }],
    ];
    for (const [name, digits, value] of cases) {
      test(name, () => expect(decode(digits)).toEqual(value));
    }

    test("keys that are not strings make a Map when that is asked for", () => {
      const maps = createMsgpack({ mapKeys: "map" });
      expect(decode("82a161010203", maps)).toEqual(new Map<unknown, unknown>([["a", 1], [2, 3]]));
      expect(decode("81a16101", maps)).toEqual({ a: 1 });
    });

    test("lists as keys make a Map in any case", () => {
      expect(decode("82a161019102c0")).toEqual(new Map<unknown, unknown>([["a", 1], [[2], null]]));
    });

    test("__proto__ is data like any other", () => {
      const value = decode("81a95f5f70726f746f5f5f81a178c3") as object;
      expect(Object.keys(value)).toEqual(["__proto__"]);
      expect((value as { x?: unknown }).x).toBe(undefined);
    });

    test("binary is a copy, whatever becomes of the frame", () => {
      const frame = fromHex("9432018091c403010203");
      const bytes = msgpack.scan(frame).payload.args[0] as Uint8Array;
      frame.fill(0xff);
      expect(bytes).toEqual(new Uint8Array([1, 2, 3]));
      expect(bytes.buffer.byteLength).toBe(3);
    });

    test("a frame may lie anywhere in a buffer", () => {
      const frame = fromHex("00009432018091a26869ffff").subarray(2, 10);
      expect(msgpack.scan(frame).payload.args).toEqual(["hi"]);
    });
  });

  describe("ids", () => {
    const call = (id: string) => msgpack.scan(fromHex(`9430${id}80a161`)).firstId;

    test("every width of integer is read, signed ones, too", () => {
      expect(["05", "ccff", "cdffff", "ceffffffff", "cf0020000000000000"].map(call)).toEqual([
        5,
        255,
        65535,
        2 ** 32 - 1,
        2 ** 53,
      ]);
      expect(["d005", "d10500", "d205000000", "d30000000100000000"].map(call)).toEqual([5, 1280, 0x5000000, 2 ** 32]);
    });

    for (
      const id of ["ff", "d0ff", "d3ffffffffffffffff", "cf0020000000000001", "cb3ff0000000000000", "a131", "c0", "c3"]
    ) {
      test(`${id} is none`, () => expect(() => call(id)).toThrow(/expected an id .* at offset 2/));
    }
  });

  describe("encoding", () => {
    const cases: [string, unknown, string][] = [
      [
        "integers as short as they can be",
        [0, 127, 128, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32],
        "99007fcc80ccffcd0100cdffffce00010000ceffffffffcf0000000100000000",
      ],
      [
        "negative integers",
        [-1, -32, -33, -128, -129, -32769, -(2 ** 31) - 1],
        "97ffe0d0dfd080d1ff7fd2ffff7fffd3ffffffff7fffffff",
      ],
      ["bigints", [1n, 2n ** 64n - 1n, -(2n ** 63n)], "9301cfffffffffffffffffd38000000000000000"],
      ["integers of more than 32 bits beside bigints", [2 ** 40, 2n ** 63n], "92cf0000010000000000cf8000000000000000"],
      ["floats", [1.5, NaN, 0.1], "93ca3fc00000ca7fc00000cb3fb999999999999a"],
      ["lone surrogates as U+FFFD", ["\ud800", { "\udc00": 1 }], "92a3efbfbd81a3efbfbd01"],
      ["dates as timestamps", [new Date(1234567890123)], "91d7ff1d535300499602d2"],
      [
        "views as binary",
        [new Uint16Array([1]), new DataView(new ArrayBuffer(1)), new ArrayBuffer(2)],
        "93c4020100c40100c4020000",
      ],
      [
        "undefined",
        [undefined, { a: undefined, b: 1 }, { a: undefined, b: 2n ** 63n }],
        "93c081a1620181a162cf8000000000000000",
      ],
      ["Maps", [new Map<unknown, unknown>([[1, "a"], ["b", 2]])], "918201a161a16202"],
      ["undefined in Maps", [new Map<unknown, unknown>([[1, undefined], ["b", 2]])], "9181a16202"],
      ["toJSON", [{ toJSON: () => ({ x: 1 }) }], "9181a17801"],
      ["extensions", [new Extension(5, new Uint8Array([9]))], "91d40509"],
    ];
    for (const [name, value, digits] of cases) {
      test(name, () => expect(encode(value)).toBe(digits));
    }

    test("an extension of a type that there is not is refused", () => {
      for (const type of [200, 128, -129, 1.5, NaN, "5"]) {
        expect(() => new Extension(type as number, new Uint8Array(1))).toThrow(
          `Cannot make an extension of type ${type}: expected a whole number from -128 to 127`,
        );
      }
    });

    test("a dictionary that loses its undefined entries keeps the shortest head", () => {
      const entries = Array.from({ length: 16 }, (_, at) => [`k${at}`, at === 7 ? undefined : 2n ** 60n]);
      expect(encode(Object.fromEntries(entries)).slice(0, 4)).toBe("8fa2");
    });

    test("what cannot be represented is refused with its place", () => {
      const cycle: unknown[] = [];
      cycle.push({ back: cycle });
      expect(refusal({ x: () => 1 })).toContain("args[0].x");
      expect(refusal([1, Symbol("s")])).toContain("args[0][1]");
      expect(refusal(cycle)).toContain("args[0][0].back");
      let deep: unknown = [];
      for (let level = 0; level < 200; level++) deep = new Map([[1, [deep]]]);
      expect(refusal(deep)).toContain("nested too deep");
      expect(refusal(2n ** 64n)).toContain("64 bits");
      expect(refusal(new Set())).toContain("Set");
      expect(refusal(new Date(NaN))).toContain("invalid Date");
    });

    test("a getter is read once, and so cannot change its mind", () => {
      let reads = 0;
      const value = {
        get x() {
          return reads++ === 0 ? 1 : () => 1;
        },
      };
      expect(encode(value)).toBe("81a17801");
    });

    test("a getter may encode another message meanwhile", () => {
      const value = {
        get x() {
          return msgpack.encodeValue({ inner: "y".repeat(100), big: 2n ** 60n }).data as Uint8Array;
        },
      };
      const frame = msgpack.encode([16, 1, value as never, "a.b"], Payload.of([value as never]));
      const head = msgpack.scan(frame);
      expect(head.options).toEqual({ x: value.x });
      expect(head.payload.args).toEqual([{ x: value.x }]);
    });
  });

  describe("headers", () => {
    for (const length of [0, 1, 31, 32, 33, 255, 256, 65535, 65536]) {
      test(`a URI of ${length} characters, ASCII or not`, () => {
        for (const character of ["a", "é", "名"]) {
          const uri = character.repeat(length);
          const frame = msgpack.encode([48, 1, {}, uri], Payload.of(["x"]));
          expect(msgpack.scan(frame).uri).toBe(uri);
          expect(msgpack.scan(frame).payload.args).toEqual(["x"]);
        }
      });
    }

    test("a message in a longer list head than it needs is read", () => {
      expect(msgpack.scan(fromHex("dc0003210102")).secondId).toBe(2);
      expect(msgpack.scan(fromHex("dd00000003210102")).secondId).toBe(2);
    });
  });

  describe("batches", () => {
    test("every message has its length before it", () => {
      const frames = [fromHex("93210102"), fromHex("93210103")];
      const batch = msgpack.joinBatch(frames) as Uint8Array<ArrayBuffer>;
      expect(toHex(batch)).toBe("00000004932101020000000493210103");
      expect([...msgpack.splitBatch(batch)]).toEqual(frames);
    });

    for (const digits of ["", "00", "000000", "00000001", "0000000293", "ffffffff93", "0000000193ff"]) {
      test(`"${digits}" is a violation`, () =>
        expect(() => [...msgpack.splitBatch(fromHex(digits))]).toThrow(ProtocolViolation));
    }
  });
});
