import { Payload } from "@izaber/wamp/codec";
import { ProtocolViolation, WampError } from "@izaber/wamp/wire";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import { halves, readers } from "../support/codec_halves.ts";
import { eagerDifference } from "./wild_json.ts";

describe.each(readers)("$reader", ({ json, createJson }) => {
  function echo(value: unknown): unknown {
    return json.scan(json.encode([50, 1, {}], Payload.of([value as never]))).payload.args[0];
  }

  function refusal(value: unknown): string {
    try {
      json.encode([48, 1, {}, "a"], Payload.of(value as never[]));
    } catch (error) {
      expect(error).toBeInstanceOf(WampError);
      expect((error as WampError).code).toBe("unserializable");
      return (error as WampError).message;
    }
    throw new Error("nothing was refused");
  }

  test("a call is text with nothing that is not needed", () => {
    expect(json.encode([48, 1, {}, "a.b"], Payload.of([1, 2], { base: 10 }))).toBe('[48,1,{},"a.b",[1,2],{"base":10}]');
    expect(json.encode([48, 1, {}, "a.b"], Payload.of([], { base: 10 }))).toBe('[48,1,{},"a.b",[],{"base":10}]');
    expect(json.encode([48, 1, {}, "a.b"], Payload.of([1]))).toBe('[48,1,{},"a.b",[1]]');
    expect(json.encode([48, 1, {}, "a.b"], Payload.of())).toBe('[48,1,{},"a.b"]');
    expect(json.encode([48, 1, { timeout: 5 }, 'a"b\u2028\n'])).toBe('[48,1,{"timeout":5},"a\\"b\u2028\\n"]');
  });

  describe("reading", () => {
    test("blanks, escapes and integral floats are allowed wherever JSON allows them", () => {
      const head = json.scan(' [ 48 , 1.0 , { "a" : [ 1 , { } ] } , "a\\u002eb" , [ ] , { "k" : "\\n" } ] \n');
      expect([head.type, head.firstId, head.uri, head.options]).toEqual([48, 1, "a.b", { a: [1, {}] }]);
      expect([head.payload.args, head.payload.kwargs]).toEqual([[], { k: "\n" }]);
    });

    test("args that are null are none", () => {
      const head = json.scan('[48,1,{},"a",null,{"k":1}]');
      expect([head.payload.args, head.payload.kwargs]).toEqual([[], { k: 1 }]);
      expect(json.encode([68, 1, 2, {}], head.payload)).toBe('[68,1,2,{},[],{"k":1}]');
      expect(json.scan('[48,1,{},"a",null]').payload.isEmpty).toBe(true);
    });

    test("kwargs that are null are none", () => {
      expect(json.scan("[50,1,{},[1],null]").payload).toMatchObject({ args: [1], kwargs: {} });
      expect(json.scan('[48,1,{},"a",null,null]').payload.isEmpty).toBe(true);
      expect(json.scan("[36,1,2,{},[],null]").payload).toMatchObject({ args: [], kwargs: {} });
    });

    test("a realm may be null", () => {
      expect(json.scan('[1,null,{"roles":{}}]').uri).toBe("");
    });

    test("UNSUBSCRIBED and UNREGISTERED may have details", () => {
      expect(json.scan('[35,0,{"subscription":5}]').options).toEqual({ subscription: 5 });
      expect(json.scan('[67,0,{"registration":5,"reason":"x"}]').options).toEqual({ registration: 5, reason: "x" });
      expect(json.scan("[67,7]").options).toEqual({});
    });

    test("an extension message gives its type alone", () => {
      const head = json.scan('[1023,{"anything":[1,2]},"x"]');
      expect([head.type, head.firstId, head.uri, head.payload.isEmpty]).toEqual([1023, 0, "", true]);
    });

    test("ids go up to 2^53", () => {
      expect(json.scan('[48,9007199254740992,{},"a"]').firstId).toBe(2 ** 53);
      expect(() => json.scan('[48,9007199254740993,{},"a"]')).toThrow(ProtocolViolation);
    });

    const refused = [
      "",
      " ",
      "hello",
      "null",
      "5",
      "{}",
      "[]",
      "[null]",
      "[true]",
      "[-1]",
      "[0]",
      "[37,1]",
      "[255]",
      "[1024]",
      '["48",1,{},"a"]',
      '\ufeff[48,1,{},"a"]',
      '[48,1,{},"a"][48,2,{},"a"]',
      '[48,1,{},"a"]x',
      "[48,1,{},",
      '[48,1,{},"a",]',
      '[48,1,{},"a",[1,]]',
      '[48,1,{},"a",[],{"k":1,}]',
      '[48,1,{},"a",[],{k:1}]',
      '[48,1,{},"a",[01]]',
      '[48,1,{},"a",[1.]]',
      '[48,1,{},"a",[.5]]',
      '[48,1,{},"a",[+1]]',
      '[48,1,{},"a",[-]]',
      '[48,1,{},"a",[1e]]',
      '[48,1,{},"a",[NaN]]',
      '[48,1,{},"a",[tru]]',
      '[48,1,{},"a",["\\x"]]',
      '[48,1,{},"a",["\\u12g4"]]',
      '[48,1,{},"a",["\n"]]',
      `[48,1,{},"a",["${"x".repeat(100)}\n"]]`,
      '[48,1,{},"a",["',
      '[48,01,{},"a"]',
      '[48,1.5,{},"a"]',
      '[48,-1,{},"a"]',
      '[48,"1",{},"a"]',
      '[48,1,[],"a"]',
      '[48,1,{},["a"]]',
      '[48,1,{},"a",{}]',
      '[48,1,{},"a","x"]',
      '[48,1,{},"a",[],[]]',
      '[48,1,{},"a",[],nul]',
      '[48,1,{},"a",[],nullx]',
      '[48,1,{},"a",[],{},5]',
      '[32,1,{},"a",5]',
      "[32,1,{}]",
      "[6,{}]",
      '[6,[],"a"]',
      "[34,1]",
      '[34,1,"x"]',
      "[70,1]",
      "[8,68,1,{}]",
      '[8,0,1,{},"a"]',
      '[1,"realm1"]',
      '[1,"realm1",[]]',
      "[1,7,{}]",
      '[48,1,{"enc_algo":"cryptobox"},"a","x",{}]',
    ];
    for (const text of refused) {
      test(`${JSON.stringify(text.slice(0, 50))} is refused, naming the offset`, () => {
        expect(() => json.scan(text)).toThrow(ProtocolViolation);
        expect(() => json.scan(text)).toThrow(/expected .+ at offset \d+/);
      });
    }

    test("binary is refused", () => {
      expect(() => json.scan(new Uint8Array([0x5b]))).toThrow(ProtocolViolation);
    });

    test("nesting is limited, however deep", () => {
      const nested = (depth: number) => `[48,1,{},"a",${"[".repeat(depth)}${"]".repeat(depth)}]`;
      expect(json.scan(nested(127)).payload.args.length).toBe(1);
      expect(() => json.scan(nested(128))).toThrow("nesting");
      expect(() => json.scan(nested(100_000))).toThrow(ProtocolViolation);
      expect(() => createJson({ maxDepth: 5 }).scan(nested(5))).toThrow("nesting");
      expect(createJson({ maxDepth: 5 }).scan(nested(4)).type).toBe(48);
    });
  });

  describe("values", () => {
    test("binary is NUL and base64, both ways", () => {
      const bytes = new Uint8Array([0x10, 0xe3, 0xff, 0x90, 0x53, 0x07]);
      expect(json.encodeValue([bytes]).data).toBe('["\\u0000EOP/kFMH"]');
      expect(echo({ deep: [bytes] })).toEqual({ deep: [bytes] });
      expect(echo(new Uint16Array([1, 2]))).toEqual(new Uint8Array([1, 0, 2, 0]));
      expect(echo(bytes.buffer)).toEqual(bytes);
      expect(echo(new Uint8Array(100_000).fill(7))).toEqual(new Uint8Array(100_000).fill(7));
    });

    test("what is not base64 after NUL is passed over", () => {
      expect(json.scan('[50,1,{},["\\u0000!!","\\u0000aGVs bG8","\\u0000A","\\u0000"]]').payload.args).toEqual([
        new Uint8Array(),
        new TextEncoder().encode("hello"),
        new Uint8Array(),
        new Uint8Array(),
      ]);
    });

    test("integers beyond the safe ones stay what they are", () => {
      for (const value of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)]) expect(echo([value])).toEqual([value]);
      for (const value of [2 ** 64, 1e20, -1e20, 1e300]) expect(echo([value])).toEqual([value]);
      expect(echo(5n)).toBe(5);
      expect(json.scan("[50,1,{},[1e20,1.5,12345678901234567890.5]]").payload.args).toEqual([
        1e20,
        1.5,
        12345678901234567890,
      ]);
    });

    test("undefined is left out of dictionaries and Maps and null in lists", () => {
      expect(json.encodeValue([new Map([["a", undefined]])] as never).data).toBe("[{}]");
      expect(json.encodeValue([undefined, { a: undefined, b: 1 }]).data).toBe('[null,{"b":1}]');
    });

    test("dates, toJSON and Maps are written as JSON has them", () => {
      const map = new Map<string | number, unknown>([["a", 1], [2, new Uint8Array(1)]]);
      expect(json.encodeValue([new Date(0), { toJSON: () => ({ x: 2n ** 60n }) }, map] as never).data).toBe(
        '["1970-01-01T00:00:00.000Z",{"x":1152921504606846976},{"2":"\\u0000AA==","a":1}]',
      );
    });

    test("__proto__ is data like any other", () => {
      const value = JSON.parse('{"__proto__":{"polluted":1}}');
      expect(Object.keys(echo(value) as object)).toEqual(["__proto__"]);
      expect(Object.keys(echo({ list: [value, 2n ** 60n] }) as object)).toEqual(["list"]);
      expect(({} as { polluted?: number }).polluted).toBe(undefined);
    });

    test("what cannot be represented is refused with its place", () => {
      const cycle: Record<string, unknown> = { list: [{}] };
      ((cycle.list as unknown[])[0] as Record<string, unknown>).back = cycle;
      expect(refusal([1, { x: () => 1 }])).toContain("args[1].x");
      expect(refusal([1, { "odd key": Symbol("s") }])).toContain('args[1]["odd key"]');
      expect(refusal([cycle])).toContain("args[0].list[0].back");
      expect(refusal([cycle])).toContain("cycle");
      expect(refusal([[NaN]])).toContain("args[0][0]");
      expect(refusal([Infinity])).toContain("Infinity");
      expect(refusal(["\0binary?"])).toContain("NUL");
      expect(refusal([new Set()])).toContain("Set");
      expect(refusal([2n ** 64n])).toContain("64 bits");
      expect(refusal([new Map([[{}, 1]])])).toContain("Map");
      expect(() => json.encode([48, 1, { f: (() => 1) as never }, "a"])).toThrow("options.f");
      expect(() => json.encode([48, 1, {}, "a"], Payload.of([], { f: (() => 1) as never }))).toThrow("kwargs.f");
    });

    test("a value as deep as a message may be is written, a deeper one refused", () => {
      const nest = (depth: number): unknown => depth === 0 ? 0 : [nest(depth - 1)];
      expect(json.scan(json.encode([50, 1, {}], Payload.of([nest(126) as never]))).type).toBe(50);
      expect(refusal([nest(127)])).toContain("deep");
    });
  });

  describe("batches", () => {
    test("every message is followed by a separator", () => {
      expect(json.joinBatch(["[1]", "[2]"])).toBe("[1]\x1e[2]\x1e");
      expect([...json.splitBatch("[1]\x1e[2]\x1e")]).toEqual(["[1]", "[2]"]);
    });

    test("autobahn's separator and a missing last one are understood", () => {
      expect([...json.splitBatch("[1]\x18[2]\x18")]).toEqual(["[1]", "[2]"]);
      expect([...json.splitBatch("[1]\x1e[2]")]).toEqual(["[1]", "[2]"]);
      expect([...json.splitBatch("[1]")]).toEqual(["[1]"]);
    });

    test("an empty batch is a violation", () => {
      for (const batch of ["", "\x1e", "[1]\x1e\x1e[2]\x1e", "\x1e[1]", "[1]\x18\x18"]) {
        expect(() => [...json.splitBatch(batch)]).toThrow(ProtocolViolation);
      }
    });
  });
});

describe.each(halves)("$backend and eager", ({ json, createJson }) => {
  test("they agree on what a message says, and on what is none", () => {
    const shallow = createJson({ maxDepth: 6 });
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(eagerDifference(json, seed)).toBeUndefined();
        expect(eagerDifference(shallow, seed)).toBeUndefined();
      }),
      { numRuns: 3000 },
    );
  });

  test("a type code with a point is refused where it is seen", () => {
    expect(() => json.scan('[48.0,1,{},"a"]')).toThrow("a message type");
    expect(json.eager?.scan('[48.0,1,{},"a"]').type).toBe(48);
  });
});

describe("eager", () => {
  const { json } = readers.at(-1)!;

  test("a refusal names the element", () => {
    const refusals: [string, string][] = [
      ['[48,1,{"a":[1,"],"]}, 5]', 'expected a string at offset 22, found "5"'],
      ["[48]", 'expected CALL of 4 to 6 elements at offset 3, found "]"'],
      ["[]", 'expected a known message type at offset 1, found "]"'],
      ['[48,1,{},"a\\",[", 5,{}]', 'expected args (a list) at offset 18, found "5"'],
      ['[48,1,{},"a\\\\,", 5,{}]', 'expected args (a list) at offset 17, found "5"'],
      ['[48,1,{},"a",[],{},[7]]', 'expected the end of CALL of 4 to 6 elements at offset 19, found "["'],
      ["[48,1,{},nul]", "expected JSON at offset 0, found "],
      [' {"a":1}', "expected a list at offset 0"],
    ];
    for (const [text, message] of refusals) expect(() => json.scan(text), text).toThrow(message);
  });

  test("ids of sixteen digits, floats of many and large integers in one message", () => {
    const id = 2 ** 53 - 1;
    const { firstId, secondId, options, payload } = json.scan(
      `[36,${id},${2 ** 53},{"publisher":${id}},[0.1234567890123456789,9007199254740993,"9007199254740993",${id}]]`,
    );
    expect([firstId, secondId, options]).toEqual([id, 2 ** 53, { publisher: id }]);
    expect(payload.args).toEqual([0.1234567890123456789, 9007199254740993n, "9007199254740993", id]);
  });

  test("a text of the head that begins with NUL stays a text", () => {
    const head = json.scan('[48,1,{},"\\u0000AAA=",["\\u0000AAA="]]');
    expect(head.uri).toBe("\0AAA=");
    expect(head.payload.args).toEqual([new Uint8Array(2)]);
  });

  test("an opaque payload is one, text or binary", () => {
    for (const [text, value] of [['"x"', "x"], ['"\\u0000AAA="', new Uint8Array(2)]] as const) {
      const { payload } = json.scan(`[48,1,{"enc_algo":"cryptobox"},"a",${text}]`);
      expect(payload.isOpaque).toBe(true);
      expect(payload.args).toEqual([value]);
      expect(json.encode([48, 1, {}, "a"], payload)).toBe(`[48,1,{},"a",${text}]`);
    }
  });
});
