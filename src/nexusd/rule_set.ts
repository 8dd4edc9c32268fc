import { parsePerms } from "./permission_language.ts";
import type { Grants, PermissionLine } from "./permission_language.ts";
import { PatternError } from "./permission_pattern.ts";
import { PermissionTrie } from "./permission_trie.ts";
import type { TrieMatch } from "./permission_trie.ts";

/** A line that has no effect, and why. */
export interface RuleProblem {
  /** The line. */
  readonly line: PermissionLine;
  /** Why it has none. */
  readonly reason: string;
}

interface Rule {
  readonly line: PermissionLine;
  readonly grants: Grants;
}

/** How many characters of URIs are remembered, and for how many more each counts: strangers choose them. */
const REMEMBERED = 1_000_000;
const EACH = 60;
const nothing: Grants = Object.freeze({});

/**
 * The permissions of one role or restriction, compiled. It never changes: an edited role gets a new one, so what it remembers is never out of date.
 */
export class RuleSet {
  /** The lines that have no effect: their pattern cannot be used or another line has it already. They disable only themselves. */
  readonly problems: readonly RuleProblem[];

  readonly #trie: PermissionTrie<Rule> = new PermissionTrie();
  readonly #rules: Map<PermissionLine, Rule> = new Map();
  readonly #remembering: number;
  #remembered = new Map<string, Grants>();
  #room: number;

  /**
   * @param lines The permissions, of which the first counts where two have the same pattern.
   * @param remembering How many characters of URIs that were asked about it remembers with what it grants for them (default a million).
   */
  constructor(lines: readonly PermissionLine[], remembering: number = REMEMBERED) {
    this.#remembering = this.#room = remembering;
    const problems: RuleProblem[] = [];
    for (const line of lines) {
      const reason = this.#add(line);
      if (reason !== undefined) problems.push({ line, reason });
    }
    this.problems = problems;
  }

  /**
   * Tells what is granted for a URI. Where two rules are equally near, nothing is.
   *
   * @param uri The URI.
   * @returns The grants by action; empty where no rule matches.
   */
  grants(uri: string): Grants {
    let grants = this.#remembered.get(uri);
    if (grants === undefined) {
      const match = this.#trie.match(uri);
      grants = match.kind === "rule" ? match.rule.grants : nothing;
      this.#remember(uri, grants);
    }
    return grants;
  }

  /**
   * Tells which line decides on a URI.
   *
   * @param uri The URI.
   * @param without A line that is left out, as if it were not there (default none).
   * @returns The line; or that there is none, or that several are equally near.
   */
  decide(uri: string, without?: PermissionLine): TrieMatch<PermissionLine> {
    const match = this.#trie.match(uri, without === undefined ? undefined : this.#rules.get(without));
    if (match.kind === "rule") return { kind: "rule", rule: match.rule.line };
    return match.kind === "none" ? match : { kind: "conflict", rules: match.rules.map(({ line }) => line) };
  }

  #remember(uri: string, grants: Grants): void {
    const size = uri.length + EACH;
    if (this.#room < size) {
      this.#remembered = new Map();
      this.#room = this.#remembering;
    }
    if (this.#room < size) return;
    this.#remembered.set(uri, grants);
    this.#room -= size;
  }

  #add(line: PermissionLine): string | undefined {
    try {
      const rule = { line, grants: parsePerms(line.perms) };
      const counts = this.#trie.add(line.uri, rule);
      if (counts) this.#rules.set(line, rule);
      return counts ? undefined : "an earlier line has the same pattern";
    } catch (error) {
      if (error instanceof PatternError) return error.message;
      throw error;
    }
  }
}
