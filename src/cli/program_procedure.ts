import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import type { ProcedureHandler } from "../client/handles.ts";
import type { Invocation } from "../client/invocation.ts";
import { Result } from "../client/result.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import { isDict } from "../wire/values.ts";
import { valueOf } from "./arguments.ts";
import { jsonOf } from "./terminal.ts";

/** How much of what a program complains about goes into an ERROR, in characters. */
const COMPLAINT = 4_000;

/** How many milliseconds a program has to end by itself once it is told to, and what it leaves behind to close its output. */
const GRACE = 5_000;

/**
 * Makes a handler that runs a program for each call.
 *
 * @param command The program and its arguments.
 * @returns What to register: its lines but the last are progress, the last is the result.
 */
export function serveByProgram([program = "", ...args]: readonly string[]): ProcedureHandler {
  return async function* (callArgs, kwargs, call) {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const ended = endOf(child);
    const stop = () => stopped(child);
    call.signal.addEventListener("abort", stop);
    try {
      const caller = { session: call.caller, authid: call.caller_authid, authrole: call.caller_authrole };
      // A program that does not read what it is told has no reader of the pipe any more; without a handle for a pipe there is none.
      child.stdin?.on("error", () => {});
      child.stdin?.end(`${jsonOf({ procedure: call.procedure, args: callArgs, kwargs, caller })}\n`);
      let last: string | undefined;
      for await (const line of linesOf(child)) {
        if (last !== undefined) yield resultOf(last);
        last = line;
      }
      refuseFailure(await ended, call);
      return last === undefined ? undefined : resultOf(last);
    } finally {
      call.signal.removeEventListener("abort", stop);
      stop();
      await ended;
    }
  };
}

function linesOf({ stdout }: ChildProcess): AsyncIterable<string> | readonly string[] {
  if (!stdout) return [];
  const lines = createInterface({ input: stdout, crlfDelay: Infinity });
  // One that is destroyed has no end.
  stdout.once("close", () => lines.close());
  return lines;
}

/** Tells a program to end; one that does not is ended. Of one that has, nobody wants any more what it left behind. */
function stopped(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return letGo(child);
  if (child.killed || !child.kill()) return;
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    letGo(child);
  }, GRACE);
  child.once("close", () => clearTimeout(timer));
}

/** Processes that a program has started may keep its output open for as long as they like. */
function letGo({ stdout, stderr }: ChildProcess): void {
  stdout?.destroy();
  stderr?.destroy();
}

/** A program has ended: what it has written is read at once, also for who reads its lines slowly, and what it left behind keeps nobody waiting. */
function exited(child: ChildProcess): void {
  const timer = setTimeout(() => letGo(child), GRACE);
  child.once("close", () => clearTimeout(timer));
}

interface Ending {
  readonly code: number | null;
  readonly complaint: string;
}

function endOf(child: ChildProcess): Promise<Ending> {
  let complaint = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => complaint = (complaint + text).slice(-COMPLAINT));
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: null, complaint: error.message }));
    child.on("exit", () => exited(child));
    child.on("close", (code) => resolve({ code, complaint }));
  });
}

function refuseFailure({ code, complaint }: Ending, call: Invocation): void {
  if (call.aborted) throw new RemoteError(ErrorUri.canceled, ["the program was stopped"]);
  if (code === 0) return;
  throw new RemoteError(ErrorUri.runtimeError, [complaint.trim() || "the program failed"], { exit_code: code });
}

/** What a program that wants to say more than one value writes: `{ "args": [...], "kwargs": {...} }`. */
function resultOf(line: string): unknown {
  const value = valueOf(line);
  if (!isDict(value)) return value;
  const { args, kwargs, ...others } = value;
  const isResult = Object.keys(others).length === 0 && Array.isArray(args) && (kwargs === undefined || isDict(kwargs));
  return isResult ? new Result(args, kwargs) : value;
}
