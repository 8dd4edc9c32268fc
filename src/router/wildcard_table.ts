import { PatternShapes } from "./pattern_shapes.ts";

/** One component deep: its value if a pattern ends here, what follows by component, and what follows an empty one. */
class Node<T> {
  value: T | undefined = undefined;
  literals: Map<string, Node<T>> | undefined = undefined;
  wildcard: Node<T> | undefined = undefined;

  get isEmpty(): boolean {
    return this.value === undefined && this.literals === undefined && this.wildcard === undefined;
  }
}

/**
 * Values by wildcard pattern, in a tree by component; an empty component matches any one component.
 *
 * Where several patterns match, the best is the one with the longest literal portion before its first wildcard, then the longest second portion, and
 * on: among patterns for one URI that is the one which has a literal at the first place where they differ, so a search that tries the literal
 * first meets the best first.
 *
 * @see WAMP advanced profile, "Pattern-based Registrations", "Calls matching multiple registrations"
 */
export class WildcardTable<T> {
  readonly #root: Node<T> = new Node();
  readonly #shapes: PatternShapes = new PatternShapes();
  #size = 0;

  /** How many patterns there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Tells how many steps a look-up may take.
   *
   * @param pattern A pattern that there may be besides.
   * @returns How many.
   */
  stepsWith(pattern: string): number {
    return this.#shapes.stepsWith(pattern);
  }

  /**
   * Gives the value of one pattern.
   *
   * @param pattern The pattern itself.
   * @returns Its value.
   */
  get(pattern: string): T | undefined {
    let node: Node<T> | undefined = this.#root;
    for (const component of pattern.split(".")) {
      node = component === "" ? node.wildcard : node.literals?.get(component);
      if (node === undefined) return undefined;
    }
    return node.value;
  }

  /**
   * Sets the value of a pattern.
   *
   * @param pattern The pattern.
   * @param value Its value.
   */
  set(pattern: string, value: T): void {
    let node = this.#root;
    for (const component of pattern.split(".")) {
      if (component === "") {
        node = node.wildcard ??= new Node();
        continue;
      }
      node.literals ??= new Map();
      let child: Node<T> | undefined = node.literals.get(component);
      if (child === undefined) {
        child = new Node<T>();
        node.literals.set(component, child);
      }
      node = child;
    }
    if (node.value === undefined) {
      this.#size++;
      this.#shapes.add(pattern);
    }
    node.value = value;
  }

  /**
   * Removes a pattern.
   *
   * @param pattern The pattern.
   */
  delete(pattern: string): void {
    if (this.get(pattern) === undefined) return;
    this.#size--;
    this.#shapes.remove(pattern);
    remove(this.#root, pattern.split("."), 0);
  }

  /**
   * Finds the best pattern for a URI.
   *
   * @param uri The URI.
   * @returns Its value.
   */
  best(uri: string): T | undefined {
    return this.#size === 0 ? undefined : best(this.#root, uri.split("."), 0);
  }

  /**
   * Finds every pattern for a URI, the best first.
   *
   * @param uri The URI.
   * @param found Gets their values.
   */
  collect(uri: string, found: T[]): void {
    if (this.#size > 0) collect(this.#root, uri.split("."), 0, found);
  }
}

function best<T>(node: Node<T>, components: readonly string[], at: number): T | undefined {
  if (at === components.length) return node.value;
  const literal = node.literals?.get(components[at]!);
  const found = literal === undefined ? undefined : best(literal, components, at + 1);
  if (found !== undefined || node.wildcard === undefined) return found;
  return best(node.wildcard, components, at + 1);
}

function collect<T>(node: Node<T>, components: readonly string[], at: number, found: T[]): void {
  if (at === components.length) {
    if (node.value !== undefined) found.push(node.value);
    return;
  }
  const literal = node.literals?.get(components[at]!);
  if (literal !== undefined) collect(literal, components, at + 1, found);
  if (node.wildcard !== undefined) collect(node.wildcard, components, at + 1, found);
}

function remove<T>(node: Node<T>, components: readonly string[], at: number): void {
  if (at === components.length) {
    node.value = undefined;
    return;
  }
  const component = components[at]!;
  const child = component === "" ? node.wildcard : node.literals?.get(component);
  if (child === undefined) return;
  remove(child, components, at + 1);
  if (!child.isEmpty) return;
  if (component === "") node.wildcard = undefined;
  else {
    node.literals?.delete(component);
    if (node.literals?.size === 0) node.literals = undefined;
  }
}
