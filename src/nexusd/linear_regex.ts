import { RE2JS } from "re2js";

/** Bounds the time that compiling takes; an element of a URI needs no more. */
const MAX_LENGTH = 500;
/** Bounds the time that a match takes, which grows with this and with the length of the text. */
const MAX_PROGRAM_SIZE = 500;

/** A set in brackets, an escape, or a brace whose first number is left out. */
const PIECE = /\[\^?\]?(?:\\.|[^\]\\])*\]|\\u[\da-f]{4}|\\.|\{,(?=\d*\})/gisu;

/** Python's classes know all of Unicode, RE2's know ASCII. */
const inPython: { readonly [piece: string]: string } = {
  "\\d": "\\p{Nd}",
  "\\D": "\\P{Nd}",
  "\\w": "[\\p{L}\\p{N}_]",
  "\\W": "[^\\p{L}\\p{N}_]",
  "\\Z": "\\z",
  "{,": "{0,",
};
const inPythonSet: { readonly [piece: string]: string } = { ...inPython, "\\w": "\\p{L}\\p{N}_", "\\b": "\\x08" };

/**
 * A regular expression that no text can keep busy: it is run by RE2, whose time grows with the text's length and not exponentially, as it may with a
 * RegExp. One role's careless pattern would otherwise stop the whole router.
 *
 * It tells what Python's `re.match` with IGNORECASE tells: whether the text begins with the pattern; `$` asks for the end. Only `\b` knows ASCII alone.
 */
export class LinearRegex {
  readonly #compiled: RE2JS;

  /**
   * @param source The expression, in the syntax of Python's `re`, without what needs backtracking (lookarounds, backreferences).
   * @throws {Error} When it is not one, needs backtracking or is too large.
   */
  constructor(source: string) {
    const compiled = source.length > MAX_LENGTH ? undefined : RE2JS.compile(toRe2(source), RE2JS.CASE_INSENSITIVE);
    if (compiled === undefined || compiled.programSize() > MAX_PROGRAM_SIZE) {
      throw new SyntaxError("the expression is too large: shorten it, or its repetitions");
    }
    this.#compiled = compiled;
  }

  /**
   * Tells whether a text begins with the pattern.
   *
   * @param text The text.
   * @returns Whether it does.
   */
  matches(text: string): boolean {
    return this.#compiled.matcher(text).lookingAt();
  }
}

function toRe2(source: string): string {
  return source.replace(PIECE, (piece) => piece.startsWith("[") ? setToRe2(piece) : pieceToRe2(piece, inPython));
}

function setToRe2(set: string): string {
  const [, open, inside] = /^(\[\^?\]?)(.*)$/su.exec(set)!;
  // To RE2 `[:alpha:]` in a set is a class; to Python each of its characters stands for itself.
  return open + inside!.replace(/\\u[\da-f]{4}|\\.|\[/gisu, (piece) => {
    if (piece === "\\W") throw new SyntaxError(`\\W in the set ${set}, which is not supported`);
    return piece === "[" ? "\\[" : pieceToRe2(piece, inPythonSet);
  });
}

function pieceToRe2(piece: string, pieces: typeof inPython): string {
  return /^\\u./.test(piece) ? `\\x{${piece.slice(2)}}` : pieces[piece] ?? piece;
}
