import type { Format } from "../load/frames.ts";
import { measureInTurns, type Measurement, type Turn } from "../measure.ts";
import { LOSS, percent, type Report, short, times } from "../report/report.ts";
import { startGenerator, startOwn, type Subject } from "../subject.ts";
import { cpuTime, methodOf, type Settings, type Topic, type Where } from "./topic.ts";

/** One subject and one audience. */
export interface Row extends Measurement {
  readonly format: Format;
  readonly audience: number;
}

/** gammazero/nexus drops events for a client behind sixteen that it has not taken. */
const IN_FLIGHT = 8;
const EXPECTED = 1.5;

/** What an event costs the router for each subscriber. */
export const events: Topic = { name: "events", peers: true, run };

async function run(settings: Settings): Promise<Report> {
  const { mode, formats } = settings;
  const rows: Row[] = [];
  for (const audience of mode === "quick" ? [100] : [1, 10, 100, 1_000]) {
    const measured = mode === "full" ? formats : formats.slice(0, 1);
    for (const format of measured) rows.push(...await measureEvents(format, audience, settings));
  }
  return reportOf(rows, settings);
}

/** Measures one audience on all subjects. */
export async function measureEvents(
  format: Format,
  audience: number,
  { runtimes, plan, peers }: Where,
): Promise<Row[]> {
  const own: Subject[] = [];
  const generator = startGenerator();
  try {
    for (const runtime of runtimes) {
      own.push(await startOwn("null relay", runtime, format), await startOwn("router", runtime, format));
    }
    const subjects = [...own, ...peers.subjects.filter((one) => one.formats.includes(format))];
    const turns: Turn[] = [];
    for (const subject of subjects) {
      const target = `${subject.name} ${subject.version}`;
      const { url, realm } = subject;
      await generator.ask({ do: "subscribe", target, url, realm, format, bytes: 16, subscribers: audience });
      const base = subjects.findIndex((one) => one.name === "null relay" && one.runtime === subject.runtime);
      turns.push({
        subject,
        command: { do: "publish", target, inFlight: IN_FLIGHT, seconds: 0 },
        ...base < 0 || subject.name !== "router" ? {} : { base },
      });
    }
    return (await measureInTurns(generator, turns, plan)).map((one) => ({ ...one, format, audience }));
  } finally {
    await Promise.all([generator, ...own].map((one) => one.stop()));
  }
}

function reportOf(rows: readonly Row[], settings: Settings): Report {
  const loses = (row: Row) =>
    row.subject.name === "router" &&
    (row.ratio > EXPECTED || rows.some((other) =>
      other.format === row.format && other.audience === row.audience && other.subject.runtime === undefined &&
      other.cpu < row.cpu
    ));
  const audiences = [...new Set(rows.map((row) => row.audience))];
  const first = rows[0]!.format;
  return {
    name: "events",
    title: "What an event costs the router",
    about:
      `One publisher, ${IN_FLIGHT} events of 16 bytes on their way at a time, all of them to every subscriber, each on a connection of its own; an event
that has reached all makes room for another. *CPU us/event* is the router's CPU time for one event delivered to one subscriber; *p50* the time until
the last has it. The null relay writes the same slice of text to each. ✗ marks more than ${EXPECTED} times the null relay, or more than another router.`,
    tables: [{
      columns: [
        "router",
        "on",
        "format",
        "subscribers",
        "events/s",
        "CPU us/event",
        "to null",
        "p50 us",
        "p99",
        "generator",
      ],
      texts: 3,
      rows: rows.map((row) => [
        row.subject.name + (loses(row) ? LOSS : ""),
        row.subject.runtime === undefined ? row.subject.version.split(" ").at(-1)! : row.subject.version,
        row.format,
        row.audience.toLocaleString("en"),
        Math.round(row.perSecond).toLocaleString("en"),
        cpuTime(row),
        times(row.ratio),
        row.p50.toFixed(0),
        row.p99.toFixed(0),
        percent(row.generatorLoad),
      ]),
    }],
    notes: methodOf(settings, rows.map((row) => row.others)),
    picture: {
      title: `CPU time of the router per event and subscriber (${first}); shorter is better`,
      groups: audiences.map((audience) => ({
        label: `${audience.toLocaleString("en")} subscriber${audience === 1 ? "" : "s"}`,
        bars: rows.filter((row) => row.audience === audience && row.format === first && !Number.isNaN(row.cpu))
          .map((row) => ({
            label: row.subject.runtime === undefined ? row.subject.name : `${row.subject.name}, ${row.subject.runtime}`,
            value: row.cpu,
            text: `${short(row.cpu)} us${Number.isNaN(row.ratio) ? "" : `, ${times(row.ratio)}`}`,
            kind: row.subject.name === "null relay" ? "null" : row.subject.runtime ? "ours" : "other",
          })),
      })),
    },
  };
}
