/**
 * Finds the end of a string in JSON, without a look at what is in it.
 *
 * @param text The text, which need not be JSON.
 * @param at Where the opening quote is.
 * @returns Where the closing quote is; the length of the text when there is none.
 */
export function endOfString(text: string, at: number): number {
  for (let next = text.indexOf('"', at + 1); next >= 0; next = text.indexOf('"', next + 1)) {
    let first = next;
    while (text[first - 1] === "\\") first--;
    if ((next - first) % 2 === 0) return next;
  }
  return text.length;
}
