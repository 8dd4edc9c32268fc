/** One node of the radix tree: the text of the edge that leads to it, its value, its children by the first character of theirs. */
class Node<T> {
  label: string;
  value: T | undefined = undefined;
  children: Map<number, Node<T>> | undefined = undefined;

  constructor(label: string) {
    this.label = label;
  }

  add(child: Node<T>): void {
    (this.children ??= new Map()).set(child.label.charCodeAt(0), child);
  }

  remove(child: Node<T>): void {
    this.children?.delete(child.label.charCodeAt(0));
    if (this.children?.size === 0) this.children = undefined;
  }
}

/**
 * Values by text prefix, in a radix tree: a look-up costs what the URI is long, however many prefixes there are.
 *
 * A prefix is plain text: `com.a` matches `com.a.b` and `com.ab`.
 */
export class PrefixTable<T> {
  readonly #root: Node<T> = new Node("");
  #size = 0;

  /** How many prefixes there are. */
  get size(): number {
    return this.#size;
  }

  /**
   * Gives the value of one prefix.
   *
   * @param prefix The prefix itself.
   * @returns Its value.
   */
  get(prefix: string): T | undefined {
    let node: Node<T> | undefined = this.#root;
    let at = 0;
    while (at < prefix.length) {
      node = node.children?.get(prefix.charCodeAt(at));
      if (node === undefined || !prefix.startsWith(node.label, at)) return undefined;
      at += node.label.length;
    }
    return node.value;
  }

  /**
   * Sets the value of a prefix.
   *
   * @param prefix The prefix.
   * @param value Its value.
   */
  set(prefix: string, value: T): void {
    let node = this.#root;
    let at = 0;
    while (at < prefix.length) {
      const child = node.children?.get(prefix.charCodeAt(at));
      if (child === undefined) {
        const leaf = new Node<T>(prefix.slice(at));
        node.add(leaf);
        node = leaf;
        break;
      }
      const common = commonLength(child.label, prefix, at);
      node = common < child.label.length ? split(node, child, common) : child;
      at += common;
    }
    if (node.value === undefined) this.#size++;
    node.value = value;
  }

  /**
   * Removes a prefix.
   *
   * @param prefix The prefix.
   */
  delete(prefix: string): void {
    const path: Node<T>[] = [this.#root];
    let node = this.#root;
    let at = 0;
    while (at < prefix.length) {
      const child = node.children?.get(prefix.charCodeAt(at));
      if (child === undefined || !prefix.startsWith(child.label, at)) return;
      path.push(child);
      node = child;
      at += child.label.length;
    }
    if (node.value === undefined) return;
    node.value = undefined;
    this.#size--;
    this.#prune(path);
  }

  /**
   * Finds the longest prefix of a URI.
   *
   * @param uri The URI.
   * @returns Its value.
   */
  longest(uri: string): T | undefined {
    let best = this.#root.value;
    let node: Node<T> | undefined = this.#root;
    let at = 0;
    while (at < uri.length) {
      node = node.children?.get(uri.charCodeAt(at));
      if (node === undefined || !uri.startsWith(node.label, at)) break;
      at += node.label.length;
      if (node.value !== undefined) best = node.value;
    }
    return best;
  }

  /**
   * Tells whether a URI has a prefix that consists of whole components.
   *
   * @param uri The URI.
   * @returns Whether one of its prefixes ends with the URI, before a dot or behind one.
   */
  hasWhole(uri: string): boolean {
    if (this.#root.value !== undefined) return true;
    let node: Node<T> | undefined = this.#root;
    let at = 0;
    while (at < uri.length) {
      node = node.children?.get(uri.charCodeAt(at));
      if (node === undefined || !uri.startsWith(node.label, at)) return false;
      at += node.label.length;
      if (node.value !== undefined && (at === uri.length || uri[at] === "." || uri[at - 1] === ".")) return true;
    }
    return false;
  }

  /**
   * Finds every prefix of a URI, the shortest first.
   *
   * @param uri The URI.
   * @param found Gets their values.
   */
  collect(uri: string, found: T[]): void {
    if (this.#root.value !== undefined) found.push(this.#root.value);
    let node: Node<T> | undefined = this.#root;
    let at = 0;
    while (at < uri.length) {
      node = node.children?.get(uri.charCodeAt(at));
      if (node === undefined || !uri.startsWith(node.label, at)) break;
      at += node.label.length;
      if (node.value !== undefined) found.push(node.value);
    }
  }

  // Without this a table that was filled and emptied again would keep its nodes.
  #prune(path: Node<T>[]): void {
    for (let depth = path.length - 1; depth > 0; depth--) {
      const node = path[depth]!;
      const parent = path[depth - 1]!;
      if (node.value !== undefined) return;
      if (node.children === undefined) {
        parent.remove(node);
      } else if (node.children.size === 1) {
        const [only] = node.children.values();
        only!.label = node.label + only!.label;
        parent.add(only!);
        return;
      } else return;
    }
  }
}

function commonLength(label: string, text: string, at: number): number {
  let length = 0;
  while (length < label.length && label.charCodeAt(length) === text.charCodeAt(at + length)) length++;
  return length;
}

function split<T>(parent: Node<T>, child: Node<T>, length: number): Node<T> {
  const upper = new Node<T>(child.label.slice(0, length));
  child.label = child.label.slice(length);
  upper.add(child);
  parent.add(upper);
  return upper;
}
