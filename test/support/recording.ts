import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../run/alias.ts";

/** One thing that happened on a recorded connection. */
export interface RecordedStep {
  readonly dir: "open" | "send" | "recv" | "idle" | "close" | "note" | "error";
  readonly conn?: string;
  readonly message?: readonly unknown[];
  readonly raw?: string;
  readonly binary?: boolean;
  readonly ping?: string;
  readonly pong?: string;
  /** The octets with which a RawSocket was opened. */
  readonly rawsocket?: string;
  readonly subprotocols?: readonly string[];
  readonly cookie?: string | null;
  readonly result?: {
    readonly status: number;
    /** The octets with which a RawSocket was answered. */
    readonly answer?: string;
    readonly subprotocol?: string | null;
    readonly set_cookie?: string | null;
  };
  readonly seconds?: number;
  readonly by?: "client" | "server";
  readonly code?: number | null;
  /** Whether the connection was dropped without a close. */
  readonly tcp?: boolean;
  readonly text?: string;
}

/** One recorded scenario; the README beside the recordings says how to read it. */
export interface Recording {
  readonly scenario: string;
  readonly profile: string;
  readonly steps: readonly RecordedStep[];
}

/** Where the recordings of a real Nexus are. */
export const recordingsFolder: string = join(root, "test", "vectors", "nexus_transcripts");

/** Reads a recording. */
export function readRecording(scenario: string): Recording {
  return JSON.parse(readFileSync(join(recordingsFolder, `${scenario}.json`), "utf8"));
}

/** Lists the scenarios that were recorded. */
export function listRecordings(): string[] {
  return readdirSync(recordingsFolder).filter((file) => file.endsWith(".json")).map((file) => basename(file, ".json"));
}
