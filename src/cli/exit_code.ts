import { permissionDenied } from "../nexusd/service_error.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { WampError } from "../wire/errors.ts";
import type { ConnectError, RemoteError } from "../wire/errors.ts";

/** What the command ends with; docs/cli.md says it, too. */
export const ExitCode = {
  /** All well. */
  done: 0,
  /** Something of this machine failed: a file, a port, a program. */
  failed: 1,
  /** It was called wrongly. */
  usage: 2,
  /** No router could be reached, or the connection was lost. */
  connection: 3,
  /** The router does not accept who it is. */
  authentication: 4,
  /** It may not do that. */
  notAuthorized: 5,
  /** The callee or the router answered with an error. */
  remote: 6,
  /** No answer came in time. */
  timeout: 7,
  /** It looked for problems, and there are some. */
  found: 8,
} as const;

/** How routers, and the services of a Nexus, say that somebody may not do something. */
const REFUSALS: ReadonlySet<string> = new Set([ErrorUri.notAuthorized, permissionDenied.uri]);

const codes: { readonly [code: string]: number } = {
  authentication_failed: ExitCode.authentication,
  credential_spent: ExitCode.authentication,
  timeout: ExitCode.timeout,
  connect_timeout: ExitCode.connection,
  connection_failed: ExitCode.connection,
  connection_limit: ExitCode.connection,
  connection_lost: ExitCode.connection,
  connection_refused: ExitCode.connection,
  host_unknown: ExitCode.connection,
  length_unacceptable: ExitCode.connection,
  no_common_serializer: ExitCode.connection,
  no_such_realm: ExitCode.connection,
  not_connected: ExitCode.connection,
  not_wamp: ExitCode.connection,
  refused: ExitCode.connection,
  tls_failed: ExitCode.connection,
  invalid_argument: ExitCode.usage,
};

/** A command looked for problems and has written down which there are. */
export class ProblemsFound extends Error {
  override name = "ProblemsFound";
}

/**
 * Tells what the command ends with after an error.
 *
 * @param error What was thrown.
 * @returns The exit code.
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof ProblemsFound) return ExitCode.found;
  if (!WampError.is(error)) return ExitCode.failed;
  const { code } = error;
  // The router knows who it is, and has no role for it.
  if (code === "refused" && (error as ConnectError).reason === ErrorUri.noSuchRole) return ExitCode.authentication;
  if (code !== "remote") return codes[code] ?? ExitCode.failed;
  return REFUSALS.has((error as RemoteError).uri) ? ExitCode.notAuthorized : ExitCode.remote;
}
