import process from "node:process";
import { fileURLToPath } from "node:url";
import { Child } from "./child.ts";
import type { Format } from "./load/frames.ts";
import type { Login } from "./load/peer.ts";
import type { Usage } from "./measured.ts";

/** The runtimes that are measured. */
export type Runtime = "node" | "bun" | "deno";

/** All of them. */
export const RUNTIMES: readonly Runtime[] = ["node", "bun", "deno"];

/** Where and as whom one logs in by ticket. */
export interface TicketLogin extends Login {
  readonly realm: string;
}

/** What is measured: a router of ours, a null relay, or somebody else's router. */
export interface Subject {
  /** `router`, `null relay`, `null, our frames`, `nexus` or the peer's name. */
  readonly name: string;
  /** The version of its runtime, or its own. */
  readonly version: string;
  /** The runtime, of what is ours. */
  readonly runtime?: Runtime;
  readonly url: string;
  /** A realm for anybody. */
  readonly realm: string;
  /** The formats that it speaks. */
  readonly formats: readonly Format[];
  /** How it takes a ticket, if it does. */
  readonly ticket?: TicketLogin;
  /** What it has used; undefined where the machine does not tell. */
  usage(): Promise<Usage | undefined>;
  stop(): Promise<void>;
}

/** The realm of what is ours. */
export const REALM = "bench";
/** The user of the Nexus. */
export const NEXUS_LOGIN: TicketLogin = { realm: REALM, authid: "benchmark", secret: "a-long-password" };

/** The names of what is ours. */
export type OwnName = "null relay" | "null, our frames" | "router" | "nexus";

/**
 * Starts one of ours in a process of its own.
 *
 * @param name Which.
 * @param runtime On what.
 * @param format The one format that a null relay is for.
 * @param calleeFormat The format of a null relay's callee.
 */
export async function startOwn(
  name: OwnName,
  runtime: Runtime,
  format: Format,
  calleeFormat: Format = format,
): Promise<Subject> {
  const file = {
    "null relay": pathOf(`null_relay/${runtime === "bun" ? "bun" : "node"}.ts`),
    "null, our frames": pathOf("null_relay/node_frames.ts"),
    router: pathOf("router_process.ts"),
    nexus: pathOf("nexus_process.ts"),
  }[name];
  const { realm, authid, secret } = NEXUS_LOGIN;
  const args = {
    "null relay": [format, calleeFormat],
    "null, our frames": [format, calleeFormat],
    router: [REALM],
    nexus: [realm, authid, secret],
  }[name];
  const [program, ...before] = commandOf(runtime);
  const child = Child.start(`${name} on ${runtime}`, program!, [...before, file, ...args]);
  const { url, runtime: version } = await child.read<{ url: string; runtime: string }>();
  return {
    name,
    version,
    runtime,
    url,
    realm: REALM,
    formats: name.startsWith("null") ? [format, calleeFormat] : ["json", "msgpack", "cbor"],
    ...name === "nexus" ? { ticket: NEXUS_LOGIN } : {},
    usage: () => child.ask<Usage>("usage"),
    stop: () => child.stop(),
  };
}

/** Starts the load generator. */
export function startGenerator(): Child {
  return Child.start("The load generator", process.execPath, [pathOf("load/generator.ts")]);
}

/** The command that runs a file. */
export function commandOf(runtime: Runtime): string[] {
  if (runtime === "node") return [process.execPath];
  const program = pathOf(`../node_modules/.bin/${runtime}`);
  return runtime === "bun" ? [program] : [program, "run", "-A"];
}

/** The path of a file of the bench. */
export function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
