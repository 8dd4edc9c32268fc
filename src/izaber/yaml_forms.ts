import type { YamlToken } from "./yaml_scanner.ts";

/** A form that YAML parsers read differently. */
export interface DisputedForm {
  /** The line that it is in, from 1. */
  readonly line: number;
  /** What it is and why it is refused. */
  readonly what: string;
  /** What to write instead. */
  readonly remedy: string;
}

type Verdict = Omit<DisputedForm, "line"> | undefined;

// Each of these is a string to some YAML parser and something else to another. The first that fits names it.
const disputedScalars: readonly { readonly pattern: RegExp; readonly what: string; readonly remedy: string }[] = [
  {
    pattern: /^(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/,
    what: "is true or false to Python and a string elsewhere",
    remedy: "write true or false, or put it in quotes",
  },
  {
    pattern:
      /^\d{4}-\d{1,2}-\d{1,2}(?:(?:[Tt]|[ \t]+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d{1,2}(?::\d\d)?))?)?$/,
    what: "is a date to Python and a string elsewhere",
    remedy: "put it in quotes",
  },
  {
    pattern: /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/,
    what: "is a number to the base of 60 to Python and a string elsewhere",
    remedy: "put it in quotes",
  },
  {
    pattern: /^[-+]?(?:0x[\da-fA-F]*|0b[01]*|[\d.][\d.]*)_[\da-fA-F_.]*(?:[eE][-+]?\d+)?$/,
    what: "is a number to some and a string to others",
    remedy: "write the number without underscores, or put it in quotes",
  },
  {
    pattern: /^[-+]?0b[01]+$|^0o[0-7]+$|^[-+]0x[\da-fA-F]+$|^[-+]?0\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$/,
    what: "is a number to some, another number or a string to others",
    remedy: "write the number in decimal without leading zeros, or put it in quotes",
  },
  {
    pattern: /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)[eE]\d+$|^[-+]?\d+[eE][-+]\d+$|^[-+]\.\d+(?:[eE][-+]?\d+)?$/,
    what: "is a number to some and a string to others",
    remedy: "write a digit before a point and, with an exponent, a point and a sign, as in 1.0e+3; or put it in quotes",
  },
  { pattern: /^=$/, what: "is not a string to Python", remedy: "put it in quotes" },
];

const integer = /^[-+]?(?:\d+|0x[\da-fA-F]+)$/;
const notString =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|0x[\da-fA-F]+|[-+]?\d+(?:\.\d*)?(?:[eE][-+]\d+)?|\.\d+(?:[eE][-+]\d+)?)$/;

const collectionAsKey = { what: "a list or mapping as a key is read differently", remedy: "use a string as the key" };
const textAlone = { what: "a text of several lines alone is read differently", remedy: "put it in double quotes" };

/** How far, in columns, the colon may be from the beginning of its key. */
const LONGEST_KEY = 1000;

/**
 * Finds the first form in a YAML text that parsers read differently: Python's PyYAML and the two parsers that this package runs on.
 *
 * @param tokens The text in pieces.
 * @param ended Whether the text ends with a line feed.
 * @returns The form, or undefined if everyone reads the text alike.
 */
export function findDisputedForm(tokens: readonly YamlToken[], ended: boolean): DisputedForm | undefined {
  const flow: YamlToken[] = [];
  const anchors = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (flow.length > 0 && tokens[index - 1]!.line < token.line) {
      const least = token.kind === "]" || token.kind === "}" ? token.parent : token.parent + 1;
      if (token.column < least) {
        return { line: token.line, what: "a list or mapping goes on too far to the left", remedy: "indent this line" };
      }
    }
    if (token.kind === "anchor") {
      if (anchors.has(token.text)) {
        return {
          line: token.line,
          what: `the anchor ${token.text} stands twice`,
          remedy: "give each a name of its own",
        };
      }
      anchors.add(token.text);
    }
    if (token.kind === "]" || token.kind === "}") flow.pop();
    const verdict = judge(tokens, index, flow.at(-1)?.kind);
    if (verdict !== undefined) return { line: token.line, ...verdict };
    if (token.kind === "[" || token.kind === "{") flow.push(token);
  }
  const last = tokens.at(-1);
  return last?.kind === "block" && !ended && !last.text.includes("-")
    ? { line: last.line, what: "the block of text has no end", remedy: "end the text with a line feed" }
    : undefined;
}

function judge(tokens: readonly YamlToken[], index: number, flow: string | undefined): Verdict {
  const token = tokens[index]!;
  const before = tokens[index - 1]?.kind;
  const after = tokens[index + 1];
  const key = isKey(tokens, index);
  switch (token.kind) {
    case "plain":
      if (token.parent < 0 && token.text.includes("\n")) return textAlone;
      return judgePlain(token.text, key || (flow === "{" && (before === "{" || before === ",")), flow);
    case "quoted":
      return judgeQuoted(token, key, after, flow);
    case "block":
      return token.parent < 0 ? textAlone : undefined;
    case "-":
      return after !== undefined && after.line > token.line && after.column < token.column
        ? { what: "the last item of an inner list is empty, which is read differently", remedy: "write null" }
        : undefined;
    case "tab":
      return { what: "tabs between values are refused by some", remedy: "write spaces" };
    case "tag":
      return { what: `the tag ${token.text} is read differently`, remedy: "leave it out; quotes make a string" };
    case "directive":
      return { what: `the directive ${token.text} changes how the rest is read`, remedy: "leave it out" };
    case "document":
      return token.text === "..." && before === undefined
        ? { what: "there is nothing before ...", remedy: "leave it out" }
        : undefined;
    case "[":
    case "{":
      return flow === "{" && before !== ":" && before !== "anchor" ? collectionAsKey : undefined;
    case "?":
      return { what: "explicit keys (? key) are read differently", remedy: "write key: value" };
    case "anchor":
      return judgeAnchor(tokens, index, flow);
    case "alias":
      return key ? { what: "an alias as a key is read differently", remedy: "write the key out" } : judgeName(token);
    case "]":
    case "}":
      if (key) return collectionAsKey;
      return flow === undefined && after?.line === token.line
        ? { what: `${after.text} stands after the end of a list or mapping`, remedy: "put it in a line of its own" }
        : undefined;
    case ",":
      return before === "," || before === "[" || before === "{"
        ? { what: "nothing stands before this comma", remedy: "write null, or leave the comma out" }
        : undefined;
    case ":":
      return judgeColon(tokens, index);
    default:
      return undefined;
  }
}

function isKey(tokens: readonly YamlToken[], index: number): boolean {
  const [token, colon] = [tokens[index]!, tokens[index + 1]];
  return colon?.kind === ":" && colon.line === token.line &&
    ["plain", "quoted", "alias", "]", "}"].includes(token.kind);
}

function judgePlain(text: string, key: boolean, flow: string | undefined): Verdict {
  if (/^(?:---|\.\.\.)/.test(text) || (flow !== undefined && /^:|\?/.test(text)) || (text === "<<" && !key)) {
    return { what: `${text} is read differently here`, remedy: "put it in quotes" };
  }
  const dispute = disputedScalars.find(({ pattern }) => pattern.test(text));
  if (dispute !== undefined) return { what: `${text} ${dispute.what}`, remedy: dispute.remedy };
  if (key && notString.test(text)) {
    return { what: `the key ${text} is not a string to everyone`, remedy: "put it in quotes" };
  }
  if (integer.test(text) && !Number.isSafeInteger(Number(text))) {
    return { what: `${text} is beyond JavaScript's integers`, remedy: "put it in quotes" };
  }
  return undefined;
}

function judgeQuoted(token: YamlToken, key: boolean, after: YamlToken | undefined, flow: string | undefined): Verdict {
  if (key) {
    return token.text === "<<"
      ? { what: 'the key "<<" in quotes is a merge key to some', remedy: "choose another key" }
      : undefined;
  }
  if (flow === undefined && after?.line === token.line) {
    return { what: `${after.text} stands after a text in quotes`, remedy: "put all of it in the quotes" };
  }
  const lines = token.text.split("\n");
  if (lines.slice(0, -1).some((line) => /[ \t]$/.test(line))) {
    return { what: "a line in quotes ends with a blank", remedy: "leave it out, or write \\n between the lines" };
  }
  const tooFarLeft = (line: string, at: number) =>
    at > 0 && (at === lines.length - 1 || line !== "") && /^ */.exec(line)![0].length <= token.parent;
  return lines.some(tooFarLeft)
    ? { what: "a text in quotes goes on too far to the left", remedy: "indent its further lines" }
    : undefined;
}

function judgeAnchor(tokens: readonly YamlToken[], index: number, flow: string | undefined): Verdict {
  const [before, token, after] = [tokens[index - 1], tokens[index]!, tokens[index + 1]];
  if (after?.line === token.line && isKey(tokens, index + 1)) {
    return { what: `the anchor ${token.text} before a key is read differently`, remedy: "put it after the colon" };
  }
  const listBelowKey = before?.kind === ":" && after?.kind === "-" && after.column === token.parent;
  const empty = after === undefined || [",", "]", "}", "document"].includes(after.kind) ||
    (flow === undefined && after.line > token.line && after.column <= token.parent && !listBelowKey);
  return empty
    ? { what: `the anchor ${token.text} has no value, which is read differently`, remedy: "write null after it" }
    : judgeName(token);
}

function judgeName({ text }: YamlToken): Verdict {
  return /^.[\w-]+$/.test(text)
    ? undefined
    : { what: `the name ${text} is refused by some`, remedy: "use letters, digits, _ and -" };
}

function judgeColon(tokens: readonly YamlToken[], index: number): Verdict {
  if (index === 0 || !isKey(tokens, index - 1)) {
    return { what: "no key stands before this colon", remedy: "write the key before it, in the same line" };
  }
  return tokens[index]!.column - tokens[index - 1]!.column > LONGEST_KEY
    ? { what: `the key is longer than ${LONGEST_KEY} characters`, remedy: "use a shorter one" }
    : undefined;
}
