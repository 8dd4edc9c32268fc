import type { MatchPolicy } from "../wire/uri.ts";
import type { CountedLimits } from "./limits.ts";

/** One component deep: how many patterns begin so, and what follows a literal component, and what a wildcard. */
class Shape {
  uses = 0;
  literal: Shape | undefined = undefined;
  wildcard: Shape | undefined = undefined;
}

/**
 * In which ways wildcard patterns begin, as to which of their components are wildcards.
 *
 * A look-up tries the literal and the wildcard at each component, so that it may take as many steps as there are such ways, whatever the patterns are: with
 * 16 components that is up to 131,070, which take tens of milliseconds. Patterns in earnest have a handful.
 */
export class PatternShapes {
  readonly #root: Shape = new Shape();
  #steps = 0;

  /**
   * Tells how many steps a look-up may take.
   *
   * @param pattern A pattern that there may be besides.
   * @returns How many.
   */
  stepsWith(pattern: string): number {
    const components = pattern.split(".");
    let shape: Shape | undefined = this.#root;
    for (const [known, component] of components.entries()) {
      shape = component === "" ? shape.wildcard : shape.literal;
      if (shape === undefined) return this.#steps + components.length - known;
    }
    return this.#steps;
  }

  /**
   * Adds a pattern.
   *
   * @param pattern The pattern.
   */
  add(pattern: string): void {
    let shape = this.#root;
    for (const component of pattern.split(".")) {
      shape = component === "" ? shape.wildcard ??= new Shape() : shape.literal ??= new Shape();
      if (shape.uses++ === 0) this.#steps++;
    }
  }

  /**
   * Removes a pattern that was added.
   *
   * @param pattern The pattern.
   */
  remove(pattern: string): void {
    let shape = this.#root;
    for (const component of pattern.split(".")) {
      const key = component === "" ? "wildcard" : "literal";
      const next = shape[key]!;
      if (--next.uses === 0) {
        this.#steps--;
        shape[key] = undefined;
      }
      shape = next;
    }
  }
}

/** Where there are patterns already. */
export interface Shaped {
  /** Tells how many steps a look-up may take with one more. */
  stepsWith(uri: string, match: MatchPolicy): number;
}

/**
 * Tells whether a pattern would make look-ups take too many steps, and counts that.
 *
 * @param patterns Those that there are.
 * @param limits How many steps a look-up may take.
 * @param verb What is to be done with the pattern, for the text.
 * @param uri The URI or pattern.
 * @param match How it matches.
 * @returns Why it is refused; undefined when it is not.
 */
export function refusedShape(
  patterns: Shaped,
  limits: CountedLimits,
  verb: string,
  uri: string,
  match: MatchPolicy,
): string | undefined {
  const { patternSteps } = limits;
  if (patterns.stepsWith(uri, match) <= patternSteps) return undefined;
  limits.reached("patternSteps");
  return `Cannot ${verb} ${
    uri.slice(0, 200)
  }: too many patterns of this realm differ in which of their components are wildcards ` +
    `(limit patternSteps: ${patternSteps}); put wildcards where other patterns have theirs, or raise the limit`;
}
