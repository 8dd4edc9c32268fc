import { isPerms, parsePerms } from "./permission_language.ts";
import type { Grants, PermissionLine } from "./permission_language.ts";
import { parsePattern } from "./permission_pattern.ts";
import type { PatternElement, PermissionPattern } from "./permission_pattern.ts";
import { RuleSet } from "./rule_set.ts";

/** What is wrong with a line of a list of permissions. */
export interface LineProblem {
  /**
   * What kind of thing it is: `unusable` has no effect for its pattern; `duplicate` none for an earlier line with the same pattern; `conflict` has none
   * where another is equally near; `shadowed` never decides; `redundant` says what would hold without it; `letters` has letters without a meaning.
   */
  readonly kind: "unusable" | "duplicate" | "conflict" | "shadowed" | "redundant" | "letters";
  /** The line. */
  readonly line: PermissionLine;
  /** What is wrong, in words. */
  readonly text: string;
}

/** More would take long: each line is compared with each. */
const MOST_LINES = 500;
/** No real element is this. */
const STRANGE = "~lint~";

interface Parsed {
  readonly line: PermissionLine;
  readonly pattern: PermissionPattern;
}

/**
 * Finds lines that do not do what their author may think.
 *
 * Expressions are tried with texts that fit them, so a conflict that is reported is one; that there is none cannot be told for sure.
 *
 * @param lines The list.
 * @returns The problems, in the order of the lines.
 */
export function lintLines(lines: readonly PermissionLine[]): LineProblem[] {
  const rules = new RuleSet(lines);
  const dead = new Map(rules.problems.map(({ line, reason }) => [line, reason]));
  const problems: LineProblem[] = [];
  const alive = lines.filter((line) => !dead.has(line)).slice(0, MOST_LINES);
  const parsed = alive.map((line): Parsed => ({ line, pattern: parsePattern(line.uri) }));
  for (const line of lines) {
    const reason = dead.get(line);
    if (reason !== undefined) {
      const kind = reason.startsWith("an earlier") ? "duplicate" : "unusable";
      problems.push({ kind, line, text: `it has no effect: ${reason}` });
    }
    if (!isPerms(line.perms)) {
      problems.push({ kind: "letters", line, text: `"${line.perms}" has characters without a meaning` });
    }
  }
  for (const one of parsed) problems.push(...conflictsOf(one, parsed, rules), ...deadOf(one, parsed, rules));
  return problems.sort((left, right) => lines.indexOf(left.line) - lines.indexOf(right.line));
}

/** Each pair is told once, at the line that comes first. */
function conflictsOf(one: Parsed, all: readonly Parsed[], rules: RuleSet): LineProblem[] {
  return all.slice(all.indexOf(one) + 1).flatMap((other) => {
    const witness = witnessOf(one.pattern, other.pattern);
    const decided = witness === undefined ? undefined : rules.decide(witness);
    if (decided?.kind !== "conflict") return [];
    if (!decided.rules.includes(one.line) || !decided.rules.includes(other.line)) return [];
    const text = `"${other.line.uri}" is equally near to "${witness}", so neither counts there and it is refused`;
    return [{ kind: "conflict", line: one.line, text }];
  });
}

function deadOf(one: Parsed, all: readonly Parsed[], rules: RuleSet): LineProblem[] {
  const { line, pattern } = one;
  const samples = samplesOf(pattern, all).filter((uri) => fits(pattern, uri));
  if (samples.length === 0) return [];
  const deciders = samples.map((uri) => rules.decide(uri));
  const own = samples.filter((_, at) => {
    const decided = deciders[at]!;
    return decided.kind === "rule"
      ? decided.rule === line
      : decided.kind === "conflict" && decided.rules.includes(line);
  });
  if (own.length === 0) {
    const by = deciders.flatMap((decided) => decided.kind === "rule" ? [`"${decided.rule.uri}"`] : [])[0];
    return [{ kind: "shadowed", line, text: `it never decides: ${by ?? "another line"} is nearer` }];
  }
  const others = own.map((uri) => rules.decide(uri, line));
  const instead = others[0]!;
  // To deny what nothing grants is how people write down what they mean.
  if (instead.kind !== "rule") return [];
  const grants = parsePerms(line.perms);
  const same = others.every((other) => other.kind === "rule" && equal(parsePerms(other.rule.perms), grants));
  return same ? [{ kind: "redundant", line, text: `it could be left out: "${instead.rule.uri}" grants the same` }] : [];
}

/** A URI that two patterns of the same rank fit, if one is found. */
function witnessOf(one: PermissionPattern, other: PermissionPattern): string | undefined {
  if (one.prefix !== other.prefix || one.elements.length !== other.elements.length) return undefined;
  const parts = one.elements.map((element, at) => commonText(element, other.elements[at]!));
  if (parts.includes(undefined)) return undefined;
  return [...parts, ...one.prefix ? [STRANGE] : []].join(".");
}

function commonText(one: PatternElement, other: PatternElement): string | undefined {
  const [left, right] = [textsOf(one), textsOf(other)];
  const joined = left.slice(0, 4).flatMap((start) => right.slice(0, 4).flatMap((end) => [start + end, end + start]));
  const candidates = [...left, ...right, ...joined];
  return candidates.find((text) => elementFits(one, text) && elementFits(other, text));
}

/** URIs that a pattern may be about: with each of its expressions as different texts that others in the list name, and as one that none names. */
function samplesOf({ elements, prefix }: PermissionPattern, all: readonly Parsed[]): string[] {
  let uris: string[][] = [[]];
  for (const [at, element] of elements.entries()) {
    const named = all.flatMap(({ pattern }) => pattern.elements[at] ?? []).flatMap(textsOf);
    const texts = element.kind === "exact" ? [element.text] : [...new Set([...textsOf(element), ...named])];
    const fitting = texts.filter((text) => elementFits(element, text)).slice(0, 4);
    uris = uris.flatMap((before) => fitting.map((text) => [...before, text])).slice(0, 12);
  }
  return uris.map((parts) => [...parts, ...prefix ? [STRANGE] : []].join("."));
}

/** Texts that an element may stand for; of an expression guesses, which may not fit. */
function textsOf(element: PatternElement): string[] {
  if (element.kind === "exact") return [element.text];
  const source = element.text.slice(1, -1);
  const plain = source.replace(/^\^/, "").replace(/\$$/, "");
  const literal = /^[\w:-]*/.exec(plain)![0];
  const parts = plain.split("|").map((part) =>
    part.replaceAll(/[()]/g, "").replaceAll(/\.[*+]|\.\?/g, "").replaceAll("\\", "")
  );
  return [...parts, ...parts.map((part) => part + STRANGE), literal, literal + STRANGE, STRANGE, "a", "1"];
}

function fits({ elements, prefix }: PermissionPattern, uri: string): boolean {
  const parts = uri.split(".");
  if (prefix ? parts.length <= elements.length : parts.length !== elements.length) return false;
  return elements.every((element, at) => elementFits(element, parts[at]!));
}

function elementFits(element: PatternElement, text: string): boolean {
  return element.kind === "exact" ? element.text === text : !text.includes(".") && element.regex.matches(text);
}

function equal(left: Grants, right: Grants): boolean {
  return JSON.stringify(Object.entries(left).sort()) === JSON.stringify(Object.entries(right).sort());
}
