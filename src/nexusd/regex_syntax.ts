/** Whether a character belongs to a set. */
export type CharTest = (char: string) => boolean;

/** A part of a regular expression. */
export type RegexNode =
  | { readonly kind: "char"; readonly test: CharTest }
  | { readonly kind: "sequence"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "either"; readonly nodes: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly node: RegexNode; readonly min: number; readonly max: number }
  | { readonly kind: "look"; readonly node: RegexNode; readonly negative: boolean }
  | { readonly kind: "at"; readonly place: "start" | "end" | "boundary" | "no boundary" };

/**
 * Reads a regular expression in the syntax of Python's `re`, without what cannot be run in linear time (backreferences) and without what nobody writes
 * into a permission (lookbehind, possessive and atomic parts, flags other than `i`).
 *
 * @param source The expression.
 * @returns Its parts.
 * @throws {SyntaxError} When it is not an expression or needs what is left out.
 */
export function parseRegex(source: string): RegexNode {
  return new Parser(source).parse();
}

const digit: CharTest = (char) => /^\p{Nd}$/u.test(char);
const word: CharTest = (char) => /^[\p{L}\p{N}_]$/u.test(char);
const space: CharTest = (char) => /^\s$/u.test(char);
const classes: { readonly [letter: string]: CharTest } = {
  d: digit,
  D: not(digit),
  w: word,
  W: not(word),
  s: space,
  S: not(space),
};
const controls: { readonly [letter: string]: string } = {
  a: "\x07",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  0: "\0",
};

/** Whether a character is one of a word, as `\w` and `\b` understand it. */
export const isWord: CharTest = word;

function not(test: CharTest): CharTest {
  return (char) => !test(char);
}

/** Permissions ignore case, so a test is asked for each case of the character. */
function anyCase(test: CharTest): CharTest {
  return (char) => test(char) || test(char.toLowerCase()) || test(char.toUpperCase());
}

function literal(text: string): RegexNode {
  return { kind: "char", test: anyCase((char) => char === text) };
}

class Parser {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(source: string) {
    this.#chars = [...source];
  }

  parse(): RegexNode {
    // Permissions ignore case anyway.
    this.#takes("(?i)");
    const node = this.#either();
    if (this.#at < this.#chars.length) throw this.#wrong("a ) without its (");
    return node;
  }

  #either(): RegexNode {
    const nodes = [this.#sequence()];
    while (this.#takes("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0]! : { kind: "either", nodes };
  }

  #sequence(): RegexNode {
    const nodes: RegexNode[] = [];
    while (this.#at < this.#chars.length && this.#next() !== "|" && this.#next() !== ")") {
      const node = this.#atom();
      if (node !== undefined) nodes.push(this.#repeated(node));
    }
    return { kind: "sequence", nodes };
  }

  #repeated(node: RegexNode): RegexNode {
    const range = this.#quantifier();
    if (range === undefined) return node;
    if (node.kind === "at") throw this.#wrong("a repetition of a place");
    this.#takes("?");
    if (this.#next() === "+") throw this.#wrong("a possessive repetition, which is not supported");
    if (this.#quantifier() !== undefined) throw this.#wrong("a repetition of a repetition");
    const [min, max] = range;
    if (min > max) throw this.#wrong(`a repetition from ${min} to ${max}`);
    return { kind: "repeat", node, min, max };
  }

  #quantifier(): readonly [number, number] | undefined {
    if (this.#takes("*")) return [0, Infinity];
    if (this.#takes("+")) return [1, Infinity];
    if (this.#takes("?")) return [0, 1];
    const match = /^\{(\d*)(,?)(\d*)\}/.exec(this.#chars.slice(this.#at, this.#at + 24).join(""));
    // A brace that begins no repetition stands for itself, as in Python.
    if (match === null || match[0] === "{}") return undefined;
    this.#at += match[0].length;
    const [, min, comma, max] = match;
    return [Number(min), comma === "" ? Number(min) : max === "" ? Infinity : Number(max)];
  }

  #atom(): RegexNode | undefined {
    const char = this.#chars[this.#at++]!;
    switch (char) {
      case ".":
        return { kind: "char", test: (other) => other !== "\n" };
      case "^":
        return { kind: "at", place: "start" };
      case "$":
        return { kind: "at", place: "end" };
      case "[":
        return { kind: "char", test: anyCase(this.#set()) };
      case "(":
        return this.#group();
      case "\\":
        return this.#escape();
      case "*":
      case "+":
      case "?":
        throw this.#wrong(`nothing to repeat before ${char}`);
      default:
        return literal(char);
    }
  }

  #group(): RegexNode | undefined {
    const look = this.#takes("?=") ? "positive" : this.#takes("?!") ? "negative" : undefined;
    if (look === undefined && this.#next() === "?") {
      if (this.#takes("?#")) {
        while (this.#at < this.#chars.length && this.#next() !== ")") this.#at++;
        this.#close();
        return undefined;
      }
      const name = /^\?P<[A-Za-z_]\w*>/.exec(this.#chars.slice(this.#at, this.#at + 80).join(""));
      if (name !== null) this.#at += name[0].length;
      else if (!this.#takes("?:")) throw this.#wrong("a kind of group that is not supported");
    }
    const node = this.#either();
    this.#close();
    return look === undefined ? node : { kind: "look", node, negative: look === "negative" };
  }

  #close(): void {
    if (!this.#takes(")")) throw this.#wrong("a ( without its )");
  }

  #escape(): RegexNode {
    if (this.#takes("A")) return { kind: "at", place: "start" };
    if (this.#takes("Z")) return { kind: "at", place: "end" };
    if (this.#takes("b")) return { kind: "at", place: "boundary" };
    if (this.#takes("B")) return { kind: "at", place: "no boundary" };
    const found = this.#escaped();
    return typeof found === "string" ? literal(found) : { kind: "char", test: found };
  }

  /** What stands behind a backslash, inside a set or outside: a character or a class of them. */
  #escaped(): string | CharTest {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw this.#wrong("a \\ at the end");
    const found = classes[char] ?? controls[char];
    if (found !== undefined) return found;
    const digits = char === "x" ? 2 : char === "u" ? 4 : 0;
    if (digits > 0) {
      const code = this.#chars.slice(this.#at, this.#at += digits).join("");
      if (!/^[0-9a-fA-F]+$/.test(code) || code.length < digits) throw this.#wrong(`an incomplete \\${char}`);
      return String.fromCodePoint(parseInt(code, 16));
    }
    if (/^[1-9]$/.test(char)) throw this.#wrong(`the backreference \\${char}, which is not supported`);
    if (/^[A-Za-z]$/.test(char)) throw this.#wrong(`the unknown escape \\${char}`);
    return char;
  }

  #set(): CharTest {
    const negative = this.#takes("^");
    const tests: CharTest[] = [];
    for (let first = true; first || this.#next() !== "]"; first = false) {
      const low = this.#setItem();
      const isRange = this.#next() === "-" && this.#chars[this.#at + 1] !== undefined &&
        this.#chars[this.#at + 1] !== "]";
      if (!isRange) {
        tests.push(typeof low === "string" ? (char) => char === low : low);
        continue;
      }
      this.#at++;
      const high = this.#setItem();
      if (typeof low !== "string" || typeof high !== "string" || low.codePointAt(0)! > high.codePointAt(0)!) {
        throw this.#wrong("a range of characters that goes backwards or ends in a class");
      }
      tests.push((char) => char.codePointAt(0)! >= low.codePointAt(0)! && char.codePointAt(0)! <= high.codePointAt(0)!);
    }
    this.#at++;
    const inside: CharTest = (char) => tests.some((test) => test(char));
    return negative ? not(anyCase(inside)) : inside;
  }

  #setItem(): string | CharTest {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw this.#wrong("a [ without its ]");
    if (char !== "\\") return char;
    return this.#takes("b") ? "\b" : this.#escaped();
  }

  #next(): string | undefined {
    return this.#chars[this.#at];
  }

  #takes(text: string): boolean {
    for (let index = 0; index < text.length; index++) {
      if (this.#chars[this.#at + index] !== text[index]) return false;
    }
    this.#at += text.length;
    return true;
  }

  #wrong(what: string): SyntaxError {
    return new SyntaxError(`${what} at character ${this.#at}`);
  }
}
