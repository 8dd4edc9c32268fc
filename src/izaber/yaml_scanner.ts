/** What a piece of a YAML text is, as far as {@linkcode scanYaml} tells pieces apart. */
export type YamlTokenKind =
  | "plain"
  | "quoted"
  | "block"
  | "anchor"
  | "alias"
  | "tag"
  | "directive"
  | "document"
  | "tab"
  | "-"
  | "?"
  | ":"
  | ","
  | "["
  | "]"
  | "{"
  | "}";

/** One piece of a YAML text. */
export interface YamlToken {
  /** What it is. */
  readonly kind: YamlTokenKind;
  /** Its text; of a quoted scalar without the quotes and unescaped, of a block scalar the header. */
  readonly text: string;
  /** The line that it begins in, from 1. */
  readonly line: number;
  /** The column that it begins in, from 0. */
  readonly column: number;
  /** The column of the key or dash that it belongs to, -1 if there is none. */
  readonly parent: number;
}

/**
 * Cuts a YAML text that a parser has accepted into its pieces.
 *
 * A parser gives values and not the way they were written; this tells a plain `017` from a quoted one and from a line of a block of text.
 *
 * @param text The text, with line feeds for line ends.
 * @returns The pieces, comments left out.
 */
export function scanYaml(text: string): YamlToken[] {
  return new YamlScanner(text).scan();
}

class YamlScanner {
  readonly #text: string;
  readonly #tokens: YamlToken[] = [];
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #flowDepth = 0;
  /** The column of the innermost block collection so far: what a block scalar's lines must be indented beyond. */
  #parentColumn = -1;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): YamlToken[] {
    while (this.#at < this.#text.length) this.#next();
    return this.#tokens;
  }

  #next(): void {
    const char = this.#text[this.#at]!;
    if (char === "\n") this.#newLine();
    else if (char === " ") this.#at++;
    else if (char === "\t") this.#take("tab", 1);
    else if (char === "#" && this.#afterBlank()) this.#at = this.#lineEnd();
    else if (char === "%" && this.#at === this.#lineStart) this.#take("directive", this.#lineEnd() - this.#at);
    else if (this.#isDocumentMarker()) this.#take("document", 3);
    else if (char === "[" || char === "{") this.#bracket(char, 1);
    else if ((char === "]" || char === "}") && this.#flowDepth > 0) this.#bracket(char, -1);
    else if (char === "," && this.#flowDepth > 0) this.#take(",", 1);
    else if (char === '"' || char === "'") this.#quoted(char);
    else if ((char === "|" || char === ">") && this.#flowDepth === 0) this.#block();
    else if (char === "&") this.#word("anchor");
    else if (char === "*") this.#word("alias");
    else if (char === "!") this.#word("tag");
    else if (this.#isIndicator(char)) this.#indicator(char as "-" | "?" | ":");
    else this.#plain();
  }

  #push(kind: YamlTokenKind, text: string, start = this.#at): void {
    this.#tokens.push({
      kind,
      text,
      line: this.#line,
      column: start - this.#lineStart,
      parent: this.#parentColumn,
    });
  }

  #take(kind: YamlTokenKind, length: number): void {
    this.#push(kind, this.#text.slice(this.#at, this.#at + length));
    this.#at += length;
  }

  #newLine(): void {
    this.#at++;
    this.#line++;
    this.#lineStart = this.#at;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf("\n", this.#at);
    return end < 0 ? this.#text.length : end;
  }

  #afterBlank(): boolean {
    return this.#at === this.#lineStart || /[ \t]/.test(this.#text[this.#at - 1]!);
  }

  #isDocumentMarker(): boolean {
    return this.#at === this.#lineStart &&
      /^(?:---|\.\.\.)(?=[ \t\n]|$)/.test(this.#text.slice(this.#at, this.#at + 4));
  }

  #bracket(char: "[" | "{" | "]" | "}", step: number): void {
    this.#flowDepth += step;
    this.#take(char, 1);
  }

  #word(kind: "anchor" | "alias" | "tag"): void {
    const pattern = this.#flowDepth > 0 && kind !== "tag" ? /[^ \t\n,[\]{}]*/y : /[^ \t\n]*/y;
    pattern.lastIndex = this.#at;
    this.#take(kind, pattern.exec(this.#text)![0].length);
  }

  #isIndicator(char: string): boolean {
    if (char !== "-" && char !== "?" && char !== ":") return false;
    const following = this.#text[this.#at + 1];
    if (following === undefined || /[ \t\n]/.test(following)) return true;
    if (this.#flowDepth === 0) return false;
    if (/[,[\]{}]/.test(following)) return char === ":";
    const last = this.#tokens.at(-1)?.kind;
    return char === ":" && (last === "quoted" || last === "]" || last === "}");
  }

  #indicator(kind: "-" | "?" | ":"): void {
    if (this.#flowDepth === 0) {
      const key = kind === ":" ? this.#tokens.at(-1) : undefined;
      this.#parentColumn = key?.line === this.#line ? key.column : this.#at - this.#lineStart;
    }
    this.#take(kind, 1);
  }

  #quoted(quote: string): void {
    let end = this.#at + 1;
    while (end < this.#text.length) {
      const char = this.#text[end];
      if (char === quote && (quote === '"' || this.#text[end + 1] !== quote)) break;
      end += char === quote || (char === "\\" && quote === '"') ? 2 : 1;
    }
    this.#push("quoted", this.#text.slice(this.#at + 1, end));
    this.#skip(end + 1 - this.#at);
  }

  #plain(): void {
    const stop = this.#flowDepth > 0 ? /:(?=[ \t\n,[\]{}]|$)|[,[\]{}\n]|[ \t]#/g : /:(?=[ \t\n]|$)|\n|[ \t]#/g;
    stop.lastIndex = this.#at + 1;
    const stopped = stop.exec(this.#text)?.index ?? this.#text.length;
    let end = stopped;
    while (end > this.#at && " \t".includes(this.#text[end - 1]!)) end--;
    const text = this.#text.slice(this.#at, end);
    const last = this.#tokens.at(-1);
    // A plain scalar goes on in the next line, where that is not a key.
    if (last?.kind === "plain" && last.line < this.#line && this.#text[stopped] !== ":") {
      this.#tokens[this.#tokens.length - 1] = { ...last, text: `${last.text}\n${text}` };
    } else this.#push("plain", text);
    const tab = text.indexOf("\t");
    if (tab >= 0) this.#push("tab", "\t", this.#at + tab);
    this.#at = end;
  }

  #block(): void {
    const header = this.#text.slice(this.#at, this.#lineEnd());
    this.#push("block", header);
    const tab = header.search(/\t(?!.*#)/);
    if (tab >= 0) this.#push("tab", "\t", this.#at + tab);
    this.#at += header.length;
    const digit = /^[|>][-+]?([1-9])/.exec(header)?.[1];
    let indent = digit === undefined ? undefined : Math.max(this.#parentColumn, 0) + Number(digit);
    while (this.#at < this.#text.length) {
      const start = this.#at + 1;
      const line = this.#text.slice(start, this.#text.indexOf("\n", start) >>> 0);
      const blanks = /^ */.exec(line)![0].length;
      if (blanks < line.length) {
        indent ??= Math.max(blanks, this.#parentColumn + 1);
        if (blanks < indent) return;
      }
      this.#skip(1 + line.length);
    }
  }

  #skip(length: number): void {
    const end = this.#at + length;
    for (
      let feed = this.#text.indexOf("\n", this.#at);
      feed >= 0 && feed < end;
      feed = this.#text.indexOf("\n", feed + 1)
    ) {
      this.#line++;
      this.#lineStart = feed + 1;
    }
    this.#at = end;
  }
}
