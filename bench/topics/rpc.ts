import type { Format } from "../load/frames.ts";
import { measureInTurns, type Measurement, type Turn } from "../measure.ts";
import { LOSS, percent, type Report, short, times } from "../report/report.ts";
import { startGenerator, startOwn, type Subject } from "../subject.ts";
import { cpuTime, methodOf, type Settings, type Topic, type Where } from "./topic.ts";

/** How many callers have how many calls in flight. */
export interface Shape {
  readonly callers: number;
  readonly inFlight: number;
}

/** What is called, and how often at a time. */
export interface Load {
  readonly format: Format;
  readonly calleeFormat?: Format;
  readonly bytes: number;
  readonly shapes: readonly Shape[];
  /** Whether a null relay with our frames is measured on Node, too. */
  readonly ourFrames?: boolean;
}

/** One subject under one load. */
export interface Row extends Measurement {
  readonly load: Load;
  readonly shape: Shape;
}

const ONE: Shape = { callers: 1, inFlight: 1 };
/** The load that is looked at first. */
export const MANY: Shape = { callers: 4, inFlight: 16 };
const FEW: Shape = { callers: 4, inFlight: 4 };
const CROWD: Shape = { callers: 64, inFlight: 16 };

/** What a call costs the router. */
export const rpc: Topic = { name: "rpc", peers: true, run };

async function run(settings: Settings): Promise<Report> {
  const rows: Row[] = [];
  for (const load of loadsOf(settings)) rows.push(...await measureCalls(load, settings));
  return reportOf(rows, settings);
}

function loadsOf({ mode, formats }: Settings): Load[] {
  if (mode === "quick") return formats.map((format) => ({ format, bytes: 16, shapes: [MANY] }));
  const loads: Load[] = [];
  const each = (bytes: number, shapes: readonly Shape[]) => {
    for (const format of formats) loads.push({ format, bytes, shapes, ourFrames: shapes.includes(ONE) });
  };
  for (const bytes of mode === "full" ? [16, 1 << 10, 1 << 14] : [16, 1 << 14]) each(bytes, [MANY, ONE]);
  if (mode === "full") {
    for (const bytes of [16, 1 << 10, 1 << 14]) each(bytes, [CROWD]);
    each(1 << 20, [ONE]);
    each(1 << 20, [FEW]);
  }
  if (formats.length > 1) loads.push({ format: "json", calleeFormat: "msgpack", bytes: 16, shapes: [MANY] });
  return loads;
}

/** Measures one load on all subjects. */
export async function measureCalls(load: Load, { runtimes, plan, peers }: Where): Promise<Row[]> {
  const { format, calleeFormat = format, bytes } = load;
  const own: Subject[] = [];
  const generator = startGenerator();
  try {
    for (const runtime of runtimes) {
      own.push(await startOwn("null relay", runtime, format, calleeFormat));
      if (load.ourFrames && runtime === "node") {
        own.push(await startOwn("null, our frames", runtime, format, calleeFormat));
      }
      own.push(await startOwn("router", runtime, format));
    }
    const others = peers.subjects.filter((one) => one.formats.includes(format) && one.formats.includes(calleeFormat));
    const subjects = [...own, ...others];
    const callers = Math.max(...load.shapes.map((shape) => shape.callers));
    for (const { version, name, url, realm } of subjects) {
      const target = `${name} ${version}`;
      await generator.ask({ do: "join", target, url, realm, format, calleeFormat, bytes, callers });
    }
    const rows: Row[] = [];
    for (const shape of load.shapes) {
      const turns = subjects.map((subject): Turn => {
        const base = subjects.findIndex((one) => one.name === "null relay" && one.runtime === subject.runtime);
        return {
          subject,
          command: { do: "run", target: `${subject.name} ${subject.version}`, seconds: 0, ...shape },
          ...base < 0 || subject.name !== "router" ? {} : { base },
        };
      });
      const measured = await measureInTurns(generator, turns, plan);
      rows.push(...measured.map((one) => ({ ...one, load, shape })));
    }
    return rows;
  } finally {
    await Promise.all([generator, ...own].map((one) => one.stop()));
  }
}

/** What the issue of speed expects of the ratio to the null relay. */
function expectedRatio({ load }: Row): number {
  return load.bytes < 1 << 14 ? 1.6 : load.format === "json" ? 1.8 : 1.4;
}

/** Says how many calls were answered by an error. */
function refusals({ refused }: Row): string {
  if (!(refused > 0)) return "";
  return ` (${refused < 0.01 ? "under 1 %" : percent(refused)} refused)`;
}

function reportOf(rows: readonly Row[], settings: Settings): Report {
  const loses = (row: Row) =>
    row.subject.name === "router" &&
    (row.ratio > expectedRatio(row) || rows.some((other) =>
      other.load === row.load && other.shape === row.shape && other.subject.runtime === undefined &&
      (row.shape === ONE ? other.p50 < row.p50 : other.cpu < row.cpu)
    ));
  const drawn = rows.filter((row) => row.load.bytes === 16 && row.shape === MANY && !row.load.calleeFormat);
  return {
    name: "rpc",
    title: "What a call costs the router",
    about:
      `A caller's CALL and the callee's YIELD of a text, both sent by a load generator in a process of its own: raw sockets, frames built once, no
WAMP library. The null relay is a listener that answers this load by slicing text or bytes: no parsing, no objects, no checks; from JSON
to MessagePack it cuts the text out and puts it behind a head of the other format, without looking whether it needs escapes. It is on Bun's server as
the router is, and on \`ws\` on Node and Deno, where the router has a reader and a writer of frames of its own; *null, our frames* is a null relay with
these. All write a turn's frames at once. *CPU us/call* is the CPU time of all threads of the router's process (of all its processes, for others) for one call,
*to null* its ratio to the null relay's on the same runtime in the same rounds, *generator* the CPU load of the generator: near 100 % it is what bounds
the calls per second, not the CPU time of a call. *Refused* is the share of calls that a router answered by an error since too much waited for the callee;
all else is said of the others. ✗ marks what misses an
expectation (1.6 x; from 16 KB on 1.4 x, for json 1.8 x) or loses against another router: at 1 x 1 by the median latency, else by CPU time.`,
    tables: [{
      columns: [
        "router",
        "on",
        "format",
        "bytes",
        "load",
        "calls/s",
        "CPU us/call",
        "to null",
        "p50 us",
        "p99",
        "p99.9",
        "generator",
      ],
      texts: 5,
      rows: rows.map((row) => [
        row.subject.name + (loses(row) ? LOSS : ""),
        row.subject.runtime === undefined ? row.subject.version.split(" ").at(-1)! : row.subject.version,
        row.load.calleeFormat ? `${row.load.format} to ${row.load.calleeFormat}` : row.load.format,
        row.load.bytes.toLocaleString("en"),
        `${row.shape.callers} x ${row.shape.inFlight}`,
        Math.round(row.perSecond).toLocaleString("en") + refusals(row),
        cpuTime(row),
        times(row.ratio),
        row.p50.toFixed(0),
        row.p99.toFixed(0),
        row.p999.toFixed(0),
        percent(row.generatorLoad),
      ]),
    }],
    notes: methodOf(settings, rows.map((row) => row.others)),
    picture: {
      title: "CPU time of the router per call, 16 B, 4 callers x 16 in flight; shorter is better",
      groups: settings.formats.map((format) => ({
        label: format,
        bars: drawn.filter((row) => row.load.format === format && !Number.isNaN(row.cpu)).map((row) => ({
          label: row.subject.runtime === undefined ? row.subject.name : `${row.subject.name}, ${row.subject.runtime}`,
          value: row.cpu,
          text: `${short(row.cpu)} us${Number.isNaN(row.ratio) ? "" : `, ${times(row.ratio)}`}`,
          kind: row.subject.name.startsWith("null") ? "null" : row.subject.runtime ? "ours" : "other",
        })),
      })),
    },
  };
}
