import { createJson as createPlainJson } from "@izaber/wamp/lite";
import { createCbor, createCodec, createJson, createMsgpack, Payload } from "@izaber/wamp/codec";
import { describe, expect, test } from "vitest";

const makers = { createCodec, createMsgpack, createCbor, createJson };

describe.each(Object.entries(makers))("%s", (_, make) => {
  test.each([
    [{ maxDepth: NaN }, "the option maxDepth is NaN, expected a whole number from 1 to 1000"],
    [{ maxDepth: -5 }, "the option maxDepth is -5"],
    [{ maxDepth: 0 }, "the option maxDepth is 0"],
    [{ maxDepth: 1.5 }, "the option maxDepth is 1.5"],
    [{ maxDepth: 1_001 }, "the option maxDepth is 1001"],
    [{ maxDepth: "12" }, 'the option maxDepth is "12"'],
    [{ maxdepth: 5 }, 'there is no option "maxdepth"; there are maxDepth'],
    [{ backend: "wasn" }, 'the option backend is "wasn", expected "wasm" or "typescript"'],
    [{ mapKeys: "Map" }, "mapKeys"],
    [null, "options is null"],
    ["typescript", 'options is "typescript"'],
  ])("refuses %j", (options, message) => {
    expect(() => make(options as never)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
    expect(() => make(options as never)).toThrow("Cannot make a serializer: ");
    expect(() => make(options as never)).toThrow(message);
  });

  test("takes what it may be told", () => {
    for (const maxDepth of [1, 128, 1_000, undefined]) make({ maxDepth } as never);
    make({ backend: "typescript", maxDepth: 5 });
    make({ backend: "wasm", module: undefined } as never);
    make();
  });
});

test("the JSON of clients has a limit of depth and nothing else", () => {
  expect(() => createPlainJson({ backend: "wasm" } as never)).toThrow('there is no option "backend"');
  expect(() => createPlainJson({ maxDepth: NaN })).toThrow("the option maxDepth is NaN");
  const { encode, scan } = createPlainJson({ maxDepth: 4 });
  expect(scan(encode([50, 1, {}], Payload.of([[[]]]))).payload.args).toEqual([[[]]]);
  expect(() => encode([50, 1, {}], Payload.of([[[[]]]]))).toThrow("at most 3 levels");
});

test("dictionaries with odd keys are what the binary formats are told", () => {
  for (const { msgpack, cbor } of [createCodec({ mapKeys: "map" }), createCodec({ mapKeys: "stringify" })]) {
    const kinds = [msgpack, cbor].map((serializer) =>
      serializer.scan(serializer.encode([50, 1, {}], Payload.of([new Map([[1, 2]])]))).payload.args[0]
    );
    expect(kinds[0]).toEqual(kinds[1]);
  }
});
