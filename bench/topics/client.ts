import { Child } from "../child.ts";
import type { ClientCommand, ClientMemory, ClientRun } from "../clients/process.ts";
import type { Format } from "../load/frames.ts";
import { LOSS, type Report, short, times } from "../report/report.ts";
import { middle, spreadOf } from "../statistics.ts";
import { commandOf, pathOf, REALM, type Runtime, startGenerator, startOwn, type Subject } from "../subject.ts";
import { takeTurns } from "../turns.ts";
import { folderOf, install } from "../../test/interop/install.ts";
import { cpuTime, methodOf, type Settings, type Topic } from "./topic.ts";

const IN_FLIGHT = 64;
const HELD = 10_000;
const EXPECTED = 1.25;
const EXPECTED_BATCHED = 0.4;

/** What a call costs a client. */
export const client: Topic = { name: "client", peers: false, run };

interface Contestant {
  readonly name: string;
  readonly runtime: Runtime;
  readonly format: Format;
}

interface Row extends Contestant {
  readonly version: string;
  readonly perSecond: number;
  readonly cpu: number;
  readonly toNull: number;
  readonly memory: ClientMemory | undefined;
  readonly spread: number;
  readonly others: number;
}

/** Whether it is what others are measured by. */
const isNull = ({ name }: Contestant): boolean => name.startsWith("null client");

async function run(settings: Settings): Promise<Report> {
  const quick = settings.mode === "quick";
  const others = settings.runtimes.some((one) => one !== "deno"); // the packages of others are for Node
  const missing = others ? (await install(["npm"])).get("npm") : undefined;
  const rows: Row[] = [];
  for (const runtime of quick ? settings.runtimes.slice(0, 1) : settings.runtimes) {
    for (const format of quick ? settings.formats.slice(0, 1) : settings.formats) {
      const names = namesOf(runtime, format, missing === undefined);
      rows.push(...await measure(names.map((name) => ({ name, runtime, format })), settings));
    }
  }
  return reportOf(rows, missing === undefined ? [] : [`autobahn-js and wampy.js: ${missing.split("\n")[0]}`], settings);
}

/** Who is measured. */
function namesOf(runtime: Runtime, format: Format, installed: boolean): string[] {
  return [
    "null client",
    "ours",
    "ours, batched",
    ...format === "json" ? ["js-swampyer-like"] : [],
    // On the other runtimes `ws` is a name for the runtime's own.
    ...runtime === "node" ? ["null client on ws", "ours on ws"] : [],
    ...installed && runtime !== "deno" ? ["autobahn-js", "wampy.js"] : [],
  ];
}

/** Which WebSocket a client is on. */
function socketOf({ name, runtime }: Contestant): string {
  return runtime === "node" && /ws$|autobahn|wampy/.test(name) ? "ws" : "standard";
}

async function measure(contestants: readonly Contestant[], { plan, mode }: Settings): Promise<Row[]> {
  const { runtime, format } = contestants[0]!;
  const silent = await startOwn("router", "node", format);
  const generator = startGenerator();
  const children: Child[] = [];
  const routers: Subject[] = [];
  try {
    const join = {
      do: "join",
      target: "mute",
      url: silent.url,
      realm: REALM,
      format,
      bytes: 16,
      callers: 0,
      mute: true,
    };
    await generator.ask(join);
    const versions: string[] = [];
    for (const { name } of contestants) {
      const own = await startOwn("router", "node", format);
      routers.push(own);
      const [program, ...before] = commandOf(runtime);
      const gc = runtime === "node" ? ["--expose-gc"] : [];
      const args = [name, format, own.url, REALM, folderOf("npm")];
      const child = Child.start(name, program!, [...before, ...gc, pathOf("clients/process.ts"), ...args]);
      children.push(child);
      versions.push((await child.read<{ runtime: string }>()).runtime);
    }
    const { turns, others } = await takeTurns(
      children.map((child, index) => ({
        steady: /^(ours|null)/.test(contestants[index]!.name),
        async run(seconds: number) {
          const command: ClientCommand = { do: "run", seconds, inFlight: IN_FLIGHT };
          const { calls, seconds: taken, cpu } = await child.ask<ClientRun>(command);
          return { perSecond: calls / taken, cpu: cpu / calls };
        },
      })),
      plan,
    );
    const memories: (ClientMemory | undefined)[] = [];
    for (const child of children) {
      if (runtime !== "node" || mode === "quick") memories.push(undefined);
      else {memories.push(
          await child.ask<ClientMemory>({ do: "memory", url: silent.url, count: HELD } satisfies ClientCommand),
        );}
    }
    const cpus = turns.map((all) => all.map((one) => one.cpu));
    return contestants.map((contestant, index) => {
      const least = contestants.findIndex((one) => isNull(one) && socketOf(one) === socketOf(contestant));
      return {
        ...contestant,
        version: versions[index]!,
        perSecond: middle(turns[index]!.map((one) => one.perSecond)),
        cpu: middle(cpus[index]!),
        spread: spreadOf(cpus[index]!),
        toNull: middle(cpus[index]!.map((one, round) => one / cpus[least]![round]!)),
        memory: memories[index],
        others,
      };
    });
  } finally {
    await Promise.all([silent, generator, ...routers, ...children].map((one) => one.stop()));
  }
}

function reportOf(rows: readonly Row[], skipped: readonly string[], settings: Settings): Report {
  const rivals = (row: Row) =>
    rows.filter((one) => one.runtime === row.runtime && one.format === row.format && !/^(ours|null)/.test(one.name));
  const misses = (row: Row): boolean => {
    if (row.name === "ours, batched") {
      return rivals(row).some((one) => one.cpu * (one.name === "autobahn-js" ? EXPECTED_BATCHED : 1) < row.cpu);
    }
    const alike = rivals(row).filter((one) => socketOf(one) === socketOf(row));
    return row.name.startsWith("ours") && (row.toNull > EXPECTED || alike.some((one) => one.cpu < row.cpu));
  };
  const groups = [...new Set(rows.map((row) => `${row.version}, ${row.format}`))];
  return {
    name: "client",
    title: "What a call costs a client",
    about:
      `Caller and callee, each with a connection, in one process of the library; ${IN_FLIGHT} calls of a 16-byte text in flight; our router on Node in
another. *CPU us/call* is the CPU time of the client's process for both. The null client slices texts, sends frames built once, and settles one promise
for each call. *On ws* is the same client with the WebSocket of \`ws\` handed in, which autobahn-js and wampy.js use on Node; all others are on the
runtime's own (on Bun these two as well: \`ws\` is a name for it there). *To null* is the ratio to the null client on the same WebSocket. *Batched*
carries a turn's messages in one frame, JSON only where that is asked for. js-swampyer cannot be installed from a registry: *js-swampyer-like* is a client
with its habits, a listener of its own for each call that waits, which sees every message. *B a pending call* and *a subscription* are bytes of heap, of
${
        HELD.toLocaleString("en")
      }. ✗ marks more than ${EXPECTED} times the null client or more than another library on the same WebSocket; batched, more than
${EXPECTED_BATCHED} times autobahn-js or more than another library.`,
    tables: [{
      columns: ["client", "on", "format", "calls/s", "CPU us/call", "to null", "B a pending call", "B a subscription"],
      texts: 3,
      rows: rows.map((row) => [
        row.name + (misses(row) ? LOSS : ""),
        row.version,
        row.format,
        Math.round(row.perSecond).toLocaleString("en"),
        cpuTime(row),
        isNull(row) ? "" : times(row.toNull),
        row.memory === undefined ? "" : Math.round(row.memory.pendingCall).toLocaleString("en"),
        !row.memory?.subscription ? "" : Math.round(row.memory.subscription).toLocaleString("en"),
      ]),
    }],
    notes: methodOf({ ...settings, peers: { subjects: [], skipped } }, rows.map((row) => row.others)),
    picture: {
      title: "CPU time of the client per call, caller and callee; shorter is better",
      groups: groups.map((label) => ({
        label,
        bars: rows.filter((row) => `${row.version}, ${row.format}` === label).map((row) => ({
          label: row.name,
          value: row.cpu,
          text: `${short(row.cpu)} us${isNull(row) ? "" : `, ${times(row.toNull)}`}`,
          kind: isNull(row) ? "null" : row.name.startsWith("ours") ? "ours" : "other",
        })),
      })),
    },
  };
}
