import { parsePattern } from "./permission_pattern.ts";
import type { PatternElement } from "./permission_pattern.ts";

/** What a trie says of a URI: the rule that decides, or that there is none, or that two rules are equally near. */
export type TrieMatch<Rule> =
  | { readonly kind: "rule"; readonly rule: Rule }
  | { readonly kind: "none" }
  | { readonly kind: "conflict"; readonly rules: readonly Rule[] };

interface Node<Rule> {
  readonly exact: Map<string, Node<Rule>>;
  readonly regexes: { readonly element: PatternElement & { kind: "regex" }; readonly node: Node<Rule> }[];
  /** The rule of the pattern that ends here. */
  here: Found<Rule> | undefined;
  /** The rule of the pattern that goes on with `*`. */
  below: Found<Rule> | undefined;
}

interface Found<Rule> {
  readonly rule: Rule;
  readonly elements: number;
  readonly exactElements: number;
}

/** Expressions are run on what strangers send, so that has a bound; no real URI comes near it. */
const MAX_URI_LENGTH = 1000;

/**
 * Finds the rule whose pattern is nearest to a URI.
 *
 * At each element the exact branch and every expression that matches are followed; a rule that ends in `*` counts only where nothing below it on
 * its own path does. Of several candidates the one with more elements is nearer (`*` does not count), then the one with more exact elements.
 */
export class PermissionTrie<Rule> {
  readonly #root: Node<Rule> = emptyNode();

  /**
   * Adds a rule.
   *
   * @param pattern Which URIs it is about.
   * @param rule The rule.
   * @returns Whether it counts: of two rules with the same pattern the first does.
   * @throws {PatternError} When the pattern cannot be used; the trie is as it was.
   */
  add(pattern: string, rule: Rule): boolean {
    const { elements, prefix } = parsePattern(pattern);
    let node = this.#root;
    for (const element of elements) node = child(node, element);
    const place = prefix ? "below" : "here";
    if (node[place] !== undefined) return false;
    const exactElements = elements.filter(({ kind }) => kind === "exact").length;
    node[place] = { rule, elements: elements.length, exactElements };
    return true;
  }

  /**
   * Finds the rule for a URI.
   *
   * @param uri The URI; one of more than 1,000 characters has no rule.
   * @param without A rule that is left out, as if it had never been added (default none).
   * @returns The rule, if there is one.
   */
  match(uri: string, without?: Rule): TrieMatch<Rule> {
    if (uri.length > MAX_URI_LENGTH) return { kind: "none" };
    const found: Found<Rule>[] = [];
    collect(this.#root, uri.split("."), 0, found, without);
    const [first] = found.sort((left, right) =>
      right.elements - left.elements || right.exactElements - left.exactElements
    );
    if (first === undefined) return { kind: "none" };
    const { elements, exactElements } = first;
    const nearest = found.filter((each) => each.elements === elements && each.exactElements === exactElements);
    return nearest.length > 1
      ? { kind: "conflict", rules: nearest.map(({ rule }) => rule) }
      : { kind: "rule", rule: first.rule };
  }
}

function emptyNode<Rule>(): Node<Rule> {
  return { exact: new Map(), regexes: [], here: undefined, below: undefined };
}

function child<Rule>(node: Node<Rule>, element: PatternElement): Node<Rule> {
  if (element.kind === "exact") {
    let found = node.exact.get(element.text);
    if (found === undefined) node.exact.set(element.text, found = emptyNode());
    return found;
  }
  let branch = node.regexes.find((other) => other.element.text === element.text);
  if (branch === undefined) node.regexes.push(branch = { element, node: emptyNode() });
  return branch.node;
}

function collect<Rule>(
  node: Node<Rule>,
  elements: readonly string[],
  at: number,
  found: Found<Rule>[],
  without: Rule | undefined,
): void {
  if (at === elements.length) {
    if (node.here !== undefined && node.here.rule !== without) found.push(node.here);
    return;
  }
  const before = found.length;
  const element = elements[at]!;
  const exact = node.exact.get(element);
  if (exact !== undefined) collect(exact, elements, at + 1, found, without);
  for (const branch of node.regexes) {
    if (branch.element.regex.matches(element)) collect(branch.node, elements, at + 1, found, without);
  }
  // As at the original, a rule that ends in `*` says nothing of what goes on with an empty element: a prefix to register or subscribe to, mostly.
  if (element === "" || found.length > before) return;
  if (node.below !== undefined && node.below.rule !== without) found.push(node.below);
}
