import type { Match } from "../load/commands.ts";
import { measureInTurns, type Turn } from "../measure.ts";
import { LOSS, type Report, short, times } from "../report/report.ts";
import { startGenerator, startOwn, type Subject } from "../subject.ts";
import { cpuTime, methodOf, type Settings, type Topic } from "./topic.ts";

const EXPECTED = 1.2;
const MATCHES: readonly Match[] = ["exact", "prefix", "wildcard"];
const SHAPE = { callers: 4, inFlight: 16 };

/** What many registrations and subscriptions cost. */
export const tables: Topic = { name: "tables", peers: false, run };

async function run(settings: Settings): Promise<Report> {
  const { mode, plan, formats } = settings;
  const sizes = mode === "quick"
    ? [10, 10_000]
    : mode === "full"
    ? [10, 100, 1_000, 10_000, 100_000]
    : [10, 1_000, 100_000];
  const kinds = mode === "quick" ? ["registrations"] as const : ["registrations", "subscriptions"] as const;
  const format = formats.includes("msgpack") ? "msgpack" : formats[0]!;
  const rows: string[][] = [];
  const groups = [];
  const others: number[] = [];
  for (const runtime of mode === "full" ? settings.runtimes : settings.runtimes.slice(0, 1)) {
    for (const kind of kinds) {
      for (const match of mode === "quick" ? MATCHES.slice(0, 1) : MATCHES) {
        const generator = startGenerator();
        const subjects: Subject[] = [];
        try {
          const turns: Turn[] = [];
          for (const size of sizes) {
            const subject = await startOwn("router", runtime, format);
            subjects.push(subject);
            const to = { target: String(size), url: subject.url, realm: subject.realm, format, bytes: 16 };
            const table = { match, size };
            await generator.ask(
              kind === "registrations"
                ? { do: "join", ...to, callers: SHAPE.callers, table }
                : { do: "subscribe", ...to, subscribers: 1, table },
            );
            turns.push({
              subject,
              command: kind === "registrations"
                ? { do: "run", target: to.target, seconds: 0, ...SHAPE }
                : { do: "publish", target: to.target, seconds: 0, inFlight: 64 },
              ...size === sizes[0] ? {} : { base: 0 },
            });
          }
          const measured = await measureInTurns(generator, turns, plan);
          measured.forEach((one, index) => {
            others.push(one.others);
            rows.push([
              kind,
              match + (one.ratio > EXPECTED ? LOSS : ""),
              one.subject.version,
              sizes[index]!.toLocaleString("en"),
              cpuTime(one),
              times(one.ratio),
            ]);
          });
          groups.push({
            label: `${kind}, ${match}, ${runtime}`,
            bars: measured.map(({ cpu, ratio }, index) => ({
              label: sizes[index]!.toLocaleString("en"),
              value: cpu,
              text: `${short(cpu)} us${Number.isNaN(ratio) ? "" : `, ${times(ratio)}`}`,
              kind: "ours" as const,
            })),
          });
        } finally {
          await Promise.all([generator, ...subjects].map((one) => one.stop()));
        }
      }
    }
  }
  return {
    name: "tables",
    title: "What many registrations and subscriptions cost",
    about:
      `One session holds all of them; calls (4 callers x 16 in flight) and events (64 on their way, one subscriber) of 16 bytes in ${format} go round a
thousand URIs spread over them. *to 10* is the CPU time of the router beside that of a router with ten. ✗ marks more than ${EXPECTED} times.`,
    tables: [{
      columns: ["what", "match", "on", "how many", "CPU us/call or event", "to 10"],
      texts: 3,
      rows,
    }],
    notes: methodOf(settings, others),
    picture: { title: "CPU time of the router per call or event by the size of the table; shorter is better", groups },
  };
}
