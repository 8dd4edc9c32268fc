import { Payload } from "@izaber/wamp/codec";
import { describe, expect, test } from "vitest";
import { halves } from "../support/codec_halves.ts";

/** Gives bytes away, as `postMessage` with a list of what is transferred does. */
function givenAway<Bytes extends ArrayBufferView>(bytes: Bytes): Bytes {
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
  return bytes;
}

const refused: Record<string, [unknown, string]> = {
  "a date that is none": [new Date(NaN), "an invalid Date"],
  "such a date, said by another value": [{ toJSON: () => new Date(NaN) }, "an invalid Date"],
  "bytes that were given away": [givenAway(Uint8Array.of(1, 2, 3)), "binary that was transferred"],
  "a buffer that was given away": [givenAway(Uint8Array.of(1, 2, 3)).buffer, "binary that was transferred"],
  "other numbers that were given away": [givenAway(Uint16Array.of(1, 2, 3)), "binary that was transferred"],
};

for (const { backend, serializers } of halves) {
  describe.each(serializers)(`$name, ${backend}`, (serializer) => {
    test.each(Object.entries(refused))("refuses %s by its name", (_, [value, what]) => {
      for (const args of [[1, { value }], [1, { value, at: new Date(0) }], [1, { at: new Date(0), value }]]) {
        const error = expect.objectContaining({ code: "unserializable", message: expect.stringContaining(what) });
        expect(() => serializer.encode([50, 1, {}], Payload.of(args as never))).toThrow(error);
        expect(() => serializer.encode([50, 1, {}], Payload.of(args as never))).toThrow("args[1].value");
        expect(() => serializer.encode([50, 1, { value } as never])).toThrow("options.value");
      }
    });

    test("an empty piece of binary is none of these", () => {
      const frame = serializer.encode([50, 1, {}], Payload.of([new Uint8Array(0), new ArrayBuffer(0)] as never));
      expect(serializer.scan(frame).payload.args).toEqual([new Uint8Array(0), new Uint8Array(0)]);
    });
  });
}
