import type { Table } from "./commands.ts";
import { ID, type Messages, type Template } from "./frames.ts";

/** A call or publication goes to one of at most so many URIs, spread over the table. */
const MOST_USED = 1_000;

/** The messages that fill a table, and those that use it. */
export interface TableMessages {
  readonly requests: readonly Template[];
  readonly uses: readonly Template[];
}

/**
 * Makes the messages for a table.
 *
 * @param messages In which format.
 * @param table How many entries, and how they match.
 * @param request The code of REGISTER or SUBSCRIBE.
 * @param use The code of CALL or PUBLISH.
 * @param payload The text that is sent.
 */
export function tableMessages(
  messages: Messages,
  { match, size }: Table,
  request: number,
  use: number,
  payload: string,
): TableMessages {
  const options = match === "exact" ? {} : { match };
  const requests = Array.from({ length: size }, (_, i) => messages.template([request, ID, options, pattern(match, i)]));
  const used = Math.min(size, MOST_USED);
  const uses = Array.from({ length: used }, (_, i) => {
    const uri = pattern(match, Math.floor(i * size / used));
    const filled = match === "prefix" ? `${uri}.get` : uri.replace("..", ".some.");
    return messages.template([use, ID, {}, filled, [payload]]);
  });
  return { requests, uses };
}

function pattern(match: Table["match"], index: number): string {
  return match === "wildcard" ? `com.example.unit${index}..get` : `com.example.unit${index}.item`;
}
