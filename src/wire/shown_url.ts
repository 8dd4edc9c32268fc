/**
 * Writes a URL for an error text: without user, password, query and fragment, where secrets are put.
 *
 * @param url The URL, or what was given for one.
 * @returns The URL; `...` stands for what is left out.
 */
export function shownUrl(url: string): string {
  return url.replace(/[?#].*$/s, (rest) => `${rest[0]}...`).replace(/^([^/]*\/\/)?[^/]*@/, "$1...@");
}
