import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { runHeeding } from "../service/run.ts";
import type { LogLevel, RunOptions } from "../service/run.ts";
import { WampError } from "../wire/errors.ts";
import { loadProblem } from "./load_problem.ts";
import { closedClient } from "./router_client.ts";
import type { RouterOptions } from "./router_options.ts";
import { note } from "./terminal.ts";
import { heedWatcher } from "./watched.ts";

/** A module, and which of its exports is meant. */
interface ServiceModule {
  readonly path: string;
  readonly name: string;
}

/**
 * Runs services until the process is asked to stop.
 *
 * @param modules The modules, `PATH` or `PATH:EXPORT` each.
 * @param options Where the router is.
 * @param logLevel From which level on to tell what happens.
 * @throws {WampError} When a module cannot be loaded, has no such export, or the services cannot go on.
 */
export async function runServices(
  modules: readonly string[],
  options: RouterOptions,
  logLevel: LogLevel,
): Promise<void> {
  const counts = heedWatcher();
  const services = (await Promise.all(modules.map(servicesOf))).flat();
  const client = await closedClient(options);
  const log: RunOptions["log"] = (_level, text, error) => tell(text, error);
  const code = await runHeeding([{ client, services }], { logLevel, log }, counts);
  if (code !== 0) throw new WampError("closed", "The services could not go on; the reason stands above");
}

/** Errors of this package say by their text all that there is to know; of a module's own it is the stack that tells where to look. */
function tell(text: string, error: unknown): void {
  note(`nexus: ${text}`);
  if (!(error instanceof Error) || WampError.is(error)) return;
  for (const line of error.stack?.split("\n") ?? []) if (/^\s+at /.test(line)) note(line);
}

/**
 * Takes `PATH:EXPORT` apart.
 *
 * @param text What was written.
 * @returns The path, and the name of the export.
 */
export function serviceModule(text: string): ServiceModule {
  const [, path, name] = /^(.+?)(?::([A-Za-z_$][\w$]*))?$/.exec(text) ?? [];
  return { path: path ?? text, name: name ?? "default" };
}

async function servicesOf(text: string): Promise<object[]> {
  const { path, name } = serviceModule(text);
  let module: { readonly [name: string]: unknown };
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new WampError("config_invalid", `Cannot load ${path}: ${loadProblem(cause, path)}`, { cause });
  }
  const found = module[name];
  const services = Array.isArray(found) ? found : [found];
  if (services.every((service) => (typeof service === "object" && service !== null) || typeof service === "function")) {
    return services;
  }
  throw new WampError(
    "config_invalid",
    `Cannot run ${text}: its export ${name} is no class or object; there are ${
      Object.keys(module).join(", ") || "none"
    }`,
  );
}
