import { expect, test } from "vitest";
import { saslprep } from "../../src/auth/saslprep.ts";

test.each([
  // RFC 4013, section 3.
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["\u0627\u0031\u0628", "\u0627\u0031\u0628"],
  // Spaces become spaces, accents are composed, an emoji is left alone.
  ["a\u00a0b\u3000c", "a b c"],
  ["re\u0301sume\u0301", "r\u00e9sum\u00e9"],
  ["\u{1f511}", "\u{1f511}"],
  ["", ""],
  ["\ufeff", ""],
])("%j is prepared as %j", (text, prepared) => expect(saslprep(text, "name")).toBe(prepared));

test.each([
  // RFC 4013, section 3.
  "\u0007",
  "\u0627\u0031",
  "\u0627a\u0628",
  "\ue000",
  "\ufffd",
  "\ud800",
  "\u200e",
  "\u{e0041}",
])("%j is refused", (text) => {
  expect(() => saslprep(text, "name")).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  expect(() => saslprep(text, "password")).toThrow(/the password .*SASLprep/);
});
