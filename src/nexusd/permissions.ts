import { explain } from "./explain.ts";
import type { ExplainContext, Explanation, Question } from "./explain.ts";
import { lint } from "./lint.ts";
import type { Finding, LintContext } from "./lint.ts";

/** Tells why something is allowed or refused, and what of the rules does not do what its author may think. */
export class Permissions {
  readonly #context: ExplainContext & LintContext;

  /** @param context The rules, and who they are about. */
  constructor(context: ExplainContext & LintContext) {
    this.#context = context;
  }

  /**
   * Says what comes of a request and which rule decides.
   *
   * @param question Who wants to do what.
   * @returns What comes of it, and why.
   */
  explain(question: Question): Promise<Explanation> {
    return explain(this.#context, question);
  }

  /**
   * Finds lines that conflict, never decide or say nothing new; roles that nobody has and that are none; keys that are over.
   *
   * @returns What was found; empty when all is as it seems.
   */
  lint(): Finding[] {
    return lint(this.#context);
  }
}
