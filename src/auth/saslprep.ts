import { WampError } from "../wire/errors.ts";

/** RFC 3454 B.1: what is left out. */
const NOTHING = /[\u00ad\u034f\u1806\u180b-\u180d\u200b-\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;
/** RFC 3454 C.1.2: what becomes a space. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;
/** RFC 3454 C.2 to C.9: controls, private use, non-characters, surrogates, what is no plain text, changes display or is a tag. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u0340\u0341\u06dd\u070f\u180e\u200c-\u200f\u2028-\u202e\u2060-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufeff\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;
/** RFC 3454 D.1: what is written from right to left. */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05ea\u05f0-\u05f4\u061b\u061f\u0621-\u063a\u0640-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u06fe\u0700-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\u200f\ufb1d\ufb1f-\ufb28\ufb2a-\ufb36\ufb38-\ufb3c\ufb3e\ufb40\ufb41\ufb43\ufb44\ufb46-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfc\ufe70-\ufe74\ufe76-\ufefc]/u;

/**
 * Brings a name or a password to the one form in which it is signed: SASLprep, RFC 4013.
 *
 * It maps, normalizes by NFKC, refuses what is prohibited and text of mixed direction. Two things are simpler than the tables of RFC 3454:
 * "written from left to right" means a letter that is not written from right to left; and code points that Unicode 3.2 had not assigned are
 * taken on both sides, which the RFC leaves to those that store, so that a password may have an emoji in it.
 *
 * @param text The text.
 * @param what What it is, for the error.
 * @returns Its prepared form.
 * @throws {WampError} `invalid_argument` when it is not allowed.
 */
export function saslprep(text: string, what: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const prepared = text.replace(SPACES, " ").replace(NOTHING, "").normalize("NFKC");
  if (PROHIBITED.test(prepared)) {
    throw refused(what, "holds a control character or another that is prohibited");
  }
  if (RIGHT_TO_LEFT.test(prepared)) {
    const characters = [...prepared];
    const ends = [characters[0]!, characters.at(-1)!];
    const mixed = characters.some((one) => /\p{L}/u.test(one) && !RIGHT_TO_LEFT.test(one));
    if (mixed || !ends.every((end) => RIGHT_TO_LEFT.test(end))) {
      throw refused(what, "mixes text from right to left with other text");
    }
  }
  return prepared;
}

function refused(what: string, why: string): WampError {
  return new WampError("invalid_argument", `the ${what} ${why}, which SASLprep (RFC 4013) does not allow in scram`);
}
