import { measureInTurns, type Turn } from "../measure.ts";
import { LOSS, type Report, short, times } from "../report/report.ts";
import { startGenerator, startOwn, type Subject } from "../subject.ts";
import { cpuTime, methodOf, type Settings, type Topic } from "./topic.ts";

const EXPECTED = 1.3;
const SHAPE = { callers: 4, inFlight: 16 };

/** What the permissions of Nexus cost. */
export const authorization: Topic = { name: "authorization", peers: false, run };

async function run(settings: Settings): Promise<Report> {
  const { formats, plan } = settings;
  const runtimes = settings.mode === "quick" ? settings.runtimes.slice(0, 1) : settings.runtimes;
  const rows: string[][] = [];
  const bars = [];
  const others: number[] = [];
  for (const format of settings.mode === "quick" ? formats.slice(0, 1) : formats) {
    const generator = startGenerator();
    const subjects: Subject[] = [];
    try {
      const turns: Turn[] = [];
      for (const runtime of runtimes) {
        for (const name of ["router", "nexus"] as const) {
          const subject = await startOwn(name, runtime, format);
          subjects.push(subject);
          const { url, realm, ticket: login } = subject;
          const target = `${name} ${runtime}`;
          await generator.ask({ do: "join", target, url, realm, format, bytes: 16, callers: SHAPE.callers, login });
          turns.push({
            subject,
            command: { do: "run", target, seconds: 0, ...SHAPE },
            ...name === "nexus" ? { base: turns.length - 1 } : {},
          });
        }
      }
      const measured = await measureInTurns(generator, turns, plan);
      for (const one of measured) {
        const { subject, ratio, perSecond } = one;
        others.push(one.others);
        const name = subject.name === "nexus" ? "with permissions" : "open to all";
        rows.push([
          name + (ratio > EXPECTED ? LOSS : ""),
          subject.version,
          format,
          Math.round(perSecond).toLocaleString("en"),
          cpuTime(one),
          times(ratio),
        ]);
      }
      bars.push({
        label: format,
        bars: measured.map(({ subject, cpu, ratio }) => ({
          label: `${subject.name === "nexus" ? "permissions" : "open"}, ${subject.runtime}`,
          value: cpu,
          text: `${short(cpu)} us${Number.isNaN(ratio) ? "" : `, ${times(ratio)}`}`,
          kind: subject.name === "nexus" ? "ours" as const : "null" as const,
        })),
      });
    } finally {
      await Promise.all([generator, ...subjects].map((one) => one.stop()));
    }
  }
  return {
    name: "authorization",
    title: "What the permissions of Nexus cost a call",
    about:
      `The same load of 16 bytes, ${SHAPE.callers} callers x ${SHAPE.inFlight} in flight, on a realm that is open to all and on a Nexus whose role has
sixty permission lines, with everything that Nexus serves beside. ✗ marks more than ${EXPECTED} times the open realm.`,
    tables: [{
      columns: ["realm", "on", "format", "calls/s", "CPU us/call", "to open"],
      texts: 3,
      rows,
    }],
    notes: methodOf(settings, others),
    picture: { title: "CPU time of the router per call; shorter is better", groups: bars },
  };
}
