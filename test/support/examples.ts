/** Takes the TypeScript blocks out of JSDoc comments and Markdown, so that tests can run them. */

/** One block of code from a page of documentation. */
export interface Example {
  /** Where it stands, as `file:line`. */
  place: string;
  code: string;
}

const COMMENT = /\/\*\*[\s\S]*?\*\//g;
const BLOCK = /^```ts\n([\s\S]*?)^```/gm;

/**
 * @param file what the places are called by; Markdown when it ends in `.md`, else TypeScript
 * @returns every block fenced with ` ```ts `
 */
export function examplesIn(file: string, text: string): Example[] {
  if (file.endsWith(".md")) return blocks(file, text, 1);
  return [...text.matchAll(COMMENT)].flatMap((comment) =>
    blocks(file, comment[0].replaceAll(/^[ \t]*\* ?/gm, ""), lineAt(text, comment.index))
  );
}

function blocks(file: string, text: string, firstLine: number): Example[] {
  return [...text.matchAll(BLOCK)].map((block) => ({
    place: `${file}:${firstLine + lineAt(text, block.index)}`,
    code: block[1]!,
  }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
