import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64Reader, fromBase64, toBase64 } from "../../src/codec/base64.ts";

const bytes = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 700, maxLength: 1_600 }))
  .map((list) => new Uint8Array(list));

describe("base64", () => {
  test("what is written is read, with or without padding", () => {
    fc.assert(
      fc.property(bytes, (written) => {
        const text = toBase64(written);
        expect(fromBase64(text)).toEqual(written);
        expect(fromBase64(text.replace(/=/g, ""))).toEqual(written);
      }),
    );
  });

  test("what is not of the alphabet is passed over, wherever it is, however long the text", () => {
    const strays = fc.array(fc.tuple(fc.nat(2_200), fc.constantFrom("!", "=", " ", "\n", "é", "語", "\0", "-", "_")));
    fc.assert(
      fc.property(bytes, strays, (written, list) => {
        const letters = [...toBase64(written).replace(/=/g, "")];
        for (const [at, stray] of list) letters.splice(at, 0, stray);
        expect(fromBase64(letters.join(""))).toEqual(written);
      }),
    );
  });

  test.each(["", "A", "=", "A===", "!", "AA=", "AAA==", "AAAAA", "AAAA=A"])(
    "%j ends where it is incomplete",
    (text) => {
      const letters = text.replace(/=/g, "");
      expect(fromBase64(text)).toEqual(new Uint8Array(letters.length * 3 >> 2));
      expect(fromBase64("AAAA".repeat(500) + text)).toEqual(new Uint8Array(1_500 + (letters.length * 3 >> 2)));
    },
  );

  test("a piece that has strays in it changes nothing about those before and behind it", () => {
    const read = base64Reader();
    const pieces = ["AAEC", "AA!EC", "AAEC", "A A E C", "AAECAw==", "!"];
    expect(pieces.map((piece) => [...read(piece)])).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2],
      [0, 1, 2, 3],
      [],
    ]);
  });
});
