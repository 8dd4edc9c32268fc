import { isWord, parseRegex } from "./regex_syntax.ts";
import type { CharTest, RegexNode } from "./regex_syntax.ts";

type Instruction =
  | { readonly op: "char"; readonly test: CharTest }
  | { readonly op: "either"; readonly left: number; readonly right: number }
  | { readonly op: "at"; readonly place: string }
  | { readonly op: "look"; readonly negative: boolean; readonly then: number }
  | { readonly op: "jump"; readonly to: number }
  | { readonly op: "match" };

const MAX_INSTRUCTIONS = 500;
/** Lookaheads cost the square of the text's length. */
const MAX_LOOK_INSTRUCTIONS = 50;

/**
 * A regular expression that no text can keep busy: whatever the pattern, the time grows with the product of both lengths and not exponentially, as it
 * may with a RegExp. One role's careless pattern would otherwise stop the whole router.
 *
 * It tells what Python's `re.match` with IGNORECASE tells: whether the text begins with the pattern; `$` asks for the end.
 */
export class LinearRegex {
  readonly #program: Instruction[] = [];
  #lookInstructions = 0;

  /**
   * @param source The expression, in the syntax of Python's `re`.
   * @throws {SyntaxError} When it is not one, needs backtracking or is too large.
   */
  constructor(source: string) {
    this.#emit(parseRegex(source));
    this.#push({ op: "match" });
  }

  /**
   * Tells whether a text begins with the pattern.
   *
   * @param text The text.
   * @returns Whether it does.
   */
  matches(text: string): boolean {
    return this.#run([...text], 0, 0, new Map());
  }

  /** Follows every way through the program at once; no (instruction, position) is visited twice. */
  #run(chars: readonly string[], start: number, from: number, looked: Map<number, boolean>): boolean {
    const width = chars.length + 1;
    const visited = new Uint8Array(Math.ceil(this.#program.length * width / 8));
    const ways = [start * width + from];
    while (ways.length > 0) {
      const way = ways.pop()!;
      if ((visited[way >> 3]! & (1 << (way & 7))) !== 0) continue;
      visited[way >> 3]! |= 1 << (way & 7);
      const at = way % width;
      const index = (way - at) / width;
      const instruction = this.#program[index]!;
      switch (instruction.op) {
        case "match":
          return true;
        case "char":
          if (at < chars.length && instruction.test(chars[at]!)) ways.push(way + width + 1);
          break;
        case "either":
          ways.push(instruction.right * width + at, instruction.left * width + at);
          break;
        case "jump":
          ways.push(instruction.to * width + at);
          break;
        case "at":
          if (isAt(instruction.place, chars, at)) ways.push(way + width);
          break;
        case "look": {
          const found = looked.get(way) ?? this.#run(chars, index + 1, at, looked);
          looked.set(way, found);
          if (found !== instruction.negative) ways.push(instruction.then * width + at);
        }
      }
    }
    return false;
  }

  #emit(node: RegexNode): void {
    switch (node.kind) {
      case "char":
        this.#push({ op: "char", test: node.test });
        break;
      case "at":
        this.#push({ op: "at", place: node.place });
        break;
      case "sequence":
        for (const part of node.nodes) this.#emit(part);
        break;
      case "either":
        this.#emitEither(node.nodes);
        break;
      case "repeat":
        this.#emitRepeat(node.node, node.min, node.max);
        break;
      case "look": {
        const start = this.#reserve();
        this.#emit(node.node);
        this.#push({ op: "match" });
        this.#program[start] = { op: "look", negative: node.negative, then: this.#program.length };
        this.#lookInstructions += this.#program.length - start;
        this.#checkSize();
      }
    }
  }

  #emitEither([first, ...others]: readonly RegexNode[]): void {
    if (others.length === 0) return this.#emit(first!);
    const fork = this.#reserve();
    this.#emit(first!);
    const exit = this.#reserve();
    this.#program[fork] = { op: "either", left: fork + 1, right: this.#program.length };
    this.#emitEither(others);
    this.#program[exit] = { op: "jump", to: this.#program.length };
  }

  #emitRepeat(node: RegexNode, min: number, max: number): void {
    for (let count = 0; count < min; count++) {
      this.#emit(node);
      this.#checkSize(count);
    }
    if (max === Infinity) {
      const fork = this.#reserve();
      this.#emit(node);
      this.#push({ op: "jump", to: fork });
      this.#program[fork] = { op: "either", left: fork + 1, right: this.#program.length };
      return;
    }
    for (let count = min; count < max; count++) {
      const fork = this.#reserve();
      this.#emit(node);
      this.#program[fork] = { op: "either", left: fork + 1, right: this.#program.length };
    }
  }

  #reserve(): number {
    return this.#push({ op: "match" });
  }

  #push(instruction: Instruction): number {
    this.#checkSize();
    return this.#program.push(instruction) - 1;
  }

  #checkSize(repetitions = 0): void {
    if (
      this.#program.length < MAX_INSTRUCTIONS && this.#lookInstructions <= MAX_LOOK_INSTRUCTIONS &&
      repetitions <= MAX_INSTRUCTIONS
    ) return;
    throw new SyntaxError("the expression is too large: shorten it, or its repetitions");
  }
}

function isAt(place: string, chars: readonly string[], at: number): boolean {
  if (place === "start") return at === 0;
  if (place === "end") return at === chars.length;
  const before = at > 0 && isWord(chars[at - 1]!);
  const behind = at < chars.length && isWord(chars[at]!);
  return (before !== behind) === (place === "boundary");
}
