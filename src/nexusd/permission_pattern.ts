import { LinearRegex } from "./linear_regex.ts";

/** One element of a pattern: a text that the URI's element has to be, or an expression that it has to begin with. */
export type PatternElement =
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "regex"; readonly text: string; readonly regex: LinearRegex };

/** A pattern, taken apart. */
export interface PermissionPattern {
  /** Its elements, `*` at the end left out. */
  readonly elements: readonly PatternElement[];
  /** Whether it ends in `*`, which stands for one or more elements. */
  readonly prefix: boolean;
}

/** Why a pattern cannot be used. */
export class PatternError extends Error {
  override name = "PatternError";
}

/**
 * Takes a pattern apart: elements between dots, `/.../` around a regular expression (which may hold dots, and slashes behind a backslash), `*` as the last
 * element for any further ones.
 *
 * @param pattern The pattern.
 * @returns Its elements.
 * @throws {PatternError} When an element is empty or an expression is not closed, not one or not one that can be run in linear time.
 */
export function parsePattern(pattern: string): PermissionPattern {
  const elements: PatternElement[] = [];
  let at = 0;
  while (at <= pattern.length) {
    const start = at;
    const isRegex = pattern[at] === "/";
    at = isRegex ? endOfRegex(pattern, at) : endOfElement(pattern, at);
    const text = pattern.slice(start, at);
    if (text === "") throw new PatternError(`element ${elements.length + 1} of "${pattern}" is empty`);
    if (at < pattern.length && pattern[at] !== ".") {
      throw new PatternError(`"${pattern}" goes on behind the end of the expression ${text}: a dot has to follow`);
    }
    if (text === "*" && at === pattern.length) return { elements, prefix: true };
    elements.push(isRegex ? regexElement(text) : { kind: "exact", text });
    at++;
  }
  return { elements, prefix: false };
}

function endOfElement(pattern: string, start: number): number {
  const dot = pattern.indexOf(".", start);
  return dot < 0 ? pattern.length : dot;
}

function endOfRegex(pattern: string, start: number): number {
  for (let at = start + 1; at < pattern.length; at++) {
    if (pattern[at] === "\\") at++;
    else if (pattern[at] === "/") return at + 1;
  }
  throw new PatternError(`the expression that begins at character ${start + 1} of "${pattern}" has no "/" at its end`);
}

function regexElement(text: string): PatternElement {
  try {
    return { kind: "regex", text, regex: new LinearRegex(text.slice(1, -1)) };
  } catch (error) {
    throw new PatternError(`${text}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}
