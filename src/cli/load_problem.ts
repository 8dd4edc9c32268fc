import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What a runtime says of the place of a mistake, apart from the stack; only Bun does. */
interface Placed {
  readonly position?: { readonly file?: string; readonly line?: number } | null;
}

/** A place in the frames of a stack: its file, as a URL or a path, and the line. */
const FRAME = /(?:\(|\bat (?:async )?)((?:file:\/\/|\/|[A-Za-z]:\\)[^()\n]*?:\d+):\d+\)?$/m;

/**
 * Says why a module could not be loaded, and where the mistake is.
 *
 * @param cause What the runtime threw.
 * @param path The module that was asked for.
 * @returns The reason, on one line.
 */
export function loadProblem(cause: unknown, path: string): string {
  const said = cause instanceof Error ? cause.message : String((cause as { message?: unknown })?.message ?? cause);
  // Deno shows the line below; what comes before that says what is wrong.
  const [reason = ""] = said.split("\n");
  const place = placeOf(cause, path);
  return place === undefined ? reason : `${reason}, ${place}`;
}

function placeOf(cause: unknown, path: string): string | undefined {
  const { position } = (cause ?? {}) as Placed;
  if (position?.file !== undefined && position.line !== undefined) return `at ${position.file}:${position.line}`;
  if (!(cause instanceof Error)) return undefined;
  const { stack = "", message } = cause;
  const head = /^((?:file:\/\/|\/|[A-Za-z]:\\).*:\d+)\n/.exec(stack) ?? FRAME.exec(message);
  if (head !== null) return `at ${readable(head[1]!)}`;
  const first = FRAME.exec(stack);
  const place = first === null ? undefined : readable(first[1]!);
  if (place !== undefined && !isOwn(place)) return `at ${place}`;
  return cause instanceof SyntaxError ? placeByNode(path) : undefined;
}

/** Node keeps the place of a mistake in JavaScript for what it prints itself. */
function placeByNode(path: string): string | undefined {
  if (process.versions.bun !== undefined || "Deno" in globalThis) return undefined;
  const { status, stderr } = spawnSync(process.execPath, ["--check", path], { encoding: "utf8" });
  if (status === 0) return "in a module that it imports";
  const found = /^(.+:\d+)\r?\n/.exec(stderr);
  return found === null ? undefined : `at ${readable(found[1]!)}`;
}

function readable(place: string): string {
  if (!place.startsWith("file:")) return place;
  const [, url = place, line = ""] = /^(.*)(:\d+)$/.exec(place) ?? [];
  return `${fileURLToPath(url)}${line}`;
}

/** Whether a place is in the file from which modules are loaded, and so says nothing of these. */
function isOwn(place: string): boolean {
  return /[/\\]cli[/\\]run_services\.[jt]s:\d+$/.test(place);
}
