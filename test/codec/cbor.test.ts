import { Payload } from "@izaber/wamp/codec";
import type { WampError } from "@izaber/wamp/wire";
import { ProtocolViolation } from "@izaber/wamp/wire";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../support/codec_values.ts";
import { halves } from "../support/codec_halves.ts";

describe.each(halves)("$backend", ({ cbor, createCbor }) => {
  /** Decodes one value, given in hexadecimal. */
  function decode(digits: string, serializer = cbor): unknown {
    return serializer.scan(fromHex(`84183201a081${digits}`)).payload.args[0];
  }

  function encode(value: unknown): string {
    return toHex(cbor.encodeValue(value as never).data as Uint8Array);
  }

  function refusal(value: unknown): string {
    try {
      cbor.encode([48, 1, {}, "a"], Payload.of([value as never]));
    } catch (error) {
      expect((error as WampError).code).toBe("unserializable");
      return (error as WampError).message;
    }
    throw new Error("nothing was refused");
  }

  describe("decoding", () => {
    // Most of these are from RFC 8949, appendix A.
    const cases: [string, unknown][] = [
      ["00", 0],
      ["17", 23],
      ["1818", 24],
      ["1903e8", 1000],
      ["1a000f4240", 1000000],
      ["1b000000e8d4a51000", 1000000000000],
      ["1b001fffffffffffff", 2 ** 53 - 1],
      ["1b0020000000000000", 2n ** 53n],
      ["1bffffffffffffffff", 18446744073709551615n],
      ["c249010000000000000000", 18446744073709551616n],
      ["3bffffffffffffffff", -18446744073709551616n],
      ["c349010000000000000000", -18446744073709551617n],
      ["c240", 0n],
      ["20", -1],
      ["3903e7", -1000],
      ["3b001ffffffffffffe", -(2 ** 53) + 1],
      ["3b001fffffffffffff", -(2n ** 53n)],
      ["f98000", -0],
      ["f93c00", 1],
      ["f97bff", 65504],
      ["f90001", 5.960464477539063e-8],
      ["f90400", 0.00006103515625],
      ["f9c400", -4],
      ["f97c00", Infinity],
      ["f97e00", NaN],
      ["f9fc00", -Infinity],
      ["fa47c35000", 100000],
      ["fa7f7fffff", 3.4028234663852886e+38],
      ["fb7e37e43c8800759c", 1.0e+300],
      ["fbc010666666666666", -4.1],
      ["f4", false],
      ["f5", true],
      ["f6", null],
      ["f7", undefined],
      ["f0", undefined],
      ["f8ff", undefined],
      ["c074323031332d30332d32315432303a30343a30305a", new Date("2013-03-21T20:04:00Z")],
      ["c06161", "a"],
      ["c11a514b67b0", new Date("2013-03-21T20:04:00Z")],
      ["c1fb41d452d9ec200000", new Date("2013-03-21T20:04:00.500Z")],
      ["c1fa7f800000", Infinity],
      ["c48221196ab3", 273.15],
      ["c5822003", 1.5],
      ["c482c24101c24101", [1n, 1n]],
      ["d74401020304", new Uint8Array([1, 2, 3, 4])],
      ["d9d9f763616263", "abc"],
      ["40", new Uint8Array()],
      ["4401020304", new Uint8Array([1, 2, 3, 4])],
      ["60", ""],
      ["62c3bc", "ü"],
      ["63e6b0b4", "水"],
      ["64f0908591", "\ud800\udd51"],
      ["80", []],
      ["8301820203820405", [1, [2, 3], [4, 5]]],
      ["a201020304", { 1: 2, 3: 4 }],
      ["a26161016162820203", { a: 1, b: [2, 3] }],
      ["5f42010243030405ff", new Uint8Array([1, 2, 3, 4, 5])],
      ["5fff", new Uint8Array()],
      ["7f657374726561646d696e67ff", "streaming"],
      ["7fff", ""],
      ["9fff", []],
      ["9f018202039f0405ffff", [1, [2, 3], [4, 5]]],
      ["83018202039f0405ff", [1, [2, 3], [4, 5]]],
      ["bf61610161629f0203ffff", { a: 1, b: [2, 3] }],
      ["bf6346756ef563416d7421ff", { Fun: true, Amt: -2 }],
      ["bf7f61616162ff01ff", { ab: 1 }],
      ["bfff", {}],
    ];
    for (const [digits, value] of cases) {
      test(digits, () => expect(decode(digits)).toEqual(value));
    }

    test("keys that are not strings make a Map when that is asked for", () => {
      const maps = createCbor({ mapKeys: "map" });
      expect(decode("a2616101f502", maps)).toEqual(new Map<unknown, unknown>([["a", 1], [true, 2]]));
      expect(decode("a1616101", maps)).toEqual({ a: 1 });
      expect(decode("bf7f61616162ff01ff", maps)).toEqual({ ab: 1 });
    });

    test("__proto__ is data like any other", () => {
      const value = decode("a1695f5f70726f746f5f5fa16178f5") as object;
      expect(Object.keys(value)).toEqual(["__proto__"]);
      expect((value as { x?: unknown }).x).toBe(undefined);
    });

    test("a bignum of megabytes stays bytes", () => {
      const bytes = new Uint8Array(1_000_000).fill(0xff);
      const frame = new Uint8Array([...fromHex("84183201a081c25a000f4240"), ...bytes]);
      expect((cbor.scan(frame).payload.args[0] as Uint8Array).length).toBe(1_000_000);
    });

    test("a message of unknown length is read", () => {
      expect(cbor.scan(fromHex("9f183005bf6161f5ff7f61616162ff9f01ffbf6162f4ffff"))).toMatchObject({
        firstId: 5,
        uri: "ab",
      });
      const head = cbor.scan(fromHex("9f183005bf6161f5ff7f61616162ff9f01ffbf6162f4ffff"));
      expect([head.options, head.payload.args, head.payload.kwargs]).toEqual([{ a: true }, [1], { b: false }]);
      const frame = cbor.encode([68, 1, 2, {}], head.payload);
      expect(toHex(frame as Uint8Array)).toBe("8618440102a09f01ffbf6162f4ff");
    });
  });

  describe("what is not CBOR", () => {
    const cases = [
      ["1c", "reserved bits"],
      ["ff", "a break without a beginning"],
      ["3f", "an integer of unknown length"],
      ["df", "a tag of unknown length"],
      ["f800", "a simple value with a shorter form"],
      ["f81f", "a simple value with a shorter form"],
      ["fc", "a reserved simple value"],
      ["5f6161ff", "text in binary"],
      ["7f4161ff", "binary in text"],
      ["7f7f6161ffff", "a string of unknown length in another"],
      ["bf6161ff", "a key without a value"],
      ["61ff", "text that is not UTF-8"],
      ["62c0af", "an overlong form"],
      ["63eda080", "a surrogate"],
      ["64f4908080", "a character beyond the last"],
      ["62c328", "half a character"],
      ["7f61c361a9ff", "a character in two chunks"],
      ["9bffffffffffffffff", "more elements than bytes"],
      ["bbffffffffffffffff", "more pairs than bytes"],
      ["7bffffffffffffffff", "text longer than the frame"],
      ["5b7fffffffffffffff", "binary longer than the frame"],
    ];
    for (const [digits, name] of cases) {
      test(`${name} is refused`, () => expect(() => decode(digits as string)).toThrow(ProtocolViolation));
    }
  });

  describe("encoding", () => {
    const cases: [string, unknown, string][] = [
      [
        "integers as short as they can be",
        [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32],
        "890017181818ff190100" + "19ffff1a000100001affffffff1b0000000100000000",
      ],
      ["negative integers", [-1, -24, -25, -256, -257, -(2 ** 32) - 1], "862037381838ff3901003b0000000100000000"],
      [
        "bigints",
        [1n, 2n ** 64n - 1n, -(2n ** 64n), 2n ** 64n, -(2n ** 64n) - 1n],
        "85011bffffffffffffffff3bffffffffffffffffc249010000000000000000c349010000000000000000",
      ],
      [
        "floats, of 32 bits where that is exact",
        [1.5, 0.1, -0, NaN, 2 ** 60],
        "85fa3fc00000fb3fb999999999999afa80000000fa7fc00000fa5d800000",
      ],
      ["lone surrogates as U+FFFD", ["\ud800"], "8163efbfbd"],
      ["dates as seconds", [new Date(1234567890000), new Date(500)], "82c11a499602d2c1fa3f000000"],
      ["views as binary", [new Uint16Array([1]), new ArrayBuffer(2)], "82420100420000"],
      ["undefined", [undefined, { a: undefined, b: 1 }], "82f6a1616201"],
      ["Maps", [new Map<unknown, unknown>([[1, "a"], ["b", 2]])], "81a2016161616202"],
      ["undefined in Maps", [new Map<unknown, unknown>([[1, undefined], ["b", 2]])], "81a1616202"],
      ["toJSON", [{ toJSON: () => ({ x: 1 }) }], "81a1617801"],
    ];
    for (const [name, value, digits] of cases) {
      test(name, () => expect(encode(value)).toBe(digits));
    }

    test("a dictionary that loses its undefined entries keeps the shortest head", () => {
      const entries = Array.from({ length: 24 }, (_, at) => [`k${at}`, at === 7 ? undefined : at]);
      expect(encode(Object.fromEntries(entries)).slice(0, 4)).toBe("b762");
      expect(
        cbor.decode(
          fromHex(encode(Object.fromEntries(entries))),
          0,
          0 + encode(Object.fromEntries(entries)).length / 2,
        ),
      )
        .toEqual(Object.fromEntries(entries.filter(([, value]) => value !== undefined)));
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
      expect(refusal(new Set())).toContain("Set");
      expect(refusal(new Date(NaN))).toContain("invalid Date");
      expect(encode([1])).toBe("8101");
    });

    test("a getter may encode another message meanwhile", () => {
      const value = {
        get x() {
          return cbor.encodeValue({ inner: "y".repeat(2000) }).data as Uint8Array;
        },
      };
      const head = cbor.scan(cbor.encode([16, 1, value as never, "a.b"], Payload.of([value as never])));
      expect(head.options).toEqual({ x: value.x });
      expect(head.payload.args).toEqual([{ x: value.x }]);
    });
  });

  describe("headers", () => {
    for (const length of [0, 1, 23, 24, 25, 31, 32, 255, 256, 65535, 65536]) {
      test(`a URI of ${length} characters, ASCII or not`, () => {
        for (const character of ["a", "é", "名"]) {
          const uri = character.repeat(length);
          const frame = cbor.encode([48, 2 ** 53, {}, uri], Payload.of(["x"]));
          expect(cbor.scan(frame)).toMatchObject({ uri, firstId: 2 ** 53 });
          expect(cbor.scan(frame).payload.args).toEqual(["x"]);
        }
      });
    }

    for (const id of ["20", "1b0020000000000001", "fb3ff0000000000000", "f93c00", "6131", "f6", "f5", "c24101"]) {
      test(`${id} is no id`, () =>
        expect(() => cbor.scan(fromHex(`841830${id}a06161`))).toThrow(/expected an id .* at offset 3/));
    }
  });
});
