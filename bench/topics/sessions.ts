import { leave, measureInTurns, type Measurement, type Turn } from "../measure.ts";
import type { Usage } from "../measured.ts";
import { LOSS, percent, type Report, short, times } from "../report/report.ts";
import { middle } from "../statistics.ts";
import { startGenerator, startOwn, type Subject } from "../subject.ts";
import { cpuTime, methodOf, type Settings, type Topic } from "./topic.ts";

const AT_ONCE = 32;
/** Rounds before the first that counts: what the first ten thousand joins cost is compiling. */
const WARM_UPS = 8;
const EXPECTED_KB = 20;
const EXPECTED_JOINS = 0.8;

/** What sessions cost that join and stay. */
export const sessions: Topic = { name: "sessions", peers: true, run };

/** What a crowd cost that joined once. */
interface Row {
  readonly subject: Subject;
  readonly kilobytes: number;
  readonly joins: number;
  readonly cpu: number;
}

async function run(settings: Settings): Promise<Report> {
  const { mode, formats, peers } = settings;
  const format = formats[0]!;
  const count = mode === "quick" ? 1_000 : 10_000;
  const most = mode === "quick" ? 300 : 2_000;
  const logins = mode === "quick" ? 8 : 40;
  const rows: Row[] = [];
  const tickets: Row[] = [];
  for (const runtime of mode === "quick" ? settings.runtimes.slice(0, 1) : settings.runtimes) {
    for (const name of ["null relay", "router", "nexus"] as const) {
      const subject = await startOwn(name, runtime, format);
      try {
        if (name === "nexus") tickets.push(await crowd(subject, logins, true, settings));
        else rows.push(await crowd(subject, count, false, settings));
      } finally {
        await subject.stop();
      }
    }
  }
  for (const subject of peers.subjects.filter((one) => one.formats.includes(format))) {
    rows.push(
      await crowd(subject, subject.name === "gammazero/nexus" ? count : Math.min(count, most), false, settings),
    );
    if (subject.ticket !== undefined) tickets.push(await crowd(subject, 10 * logins, true, settings));
  }
  return reportOf(rows, tickets, await measureJoins(settings), { count, most }, settings);
}

/** Measures how fast they let sessions in, taking turns. */
async function measureJoins({ mode, formats, peers, plan, runtimes }: Settings): Promise<Measurement[]> {
  const format = formats[0]!;
  const generator = startGenerator();
  const own: Subject[] = [];
  try {
    for (const runtime of mode === "quick" ? runtimes.slice(0, 1) : runtimes) {
      for (const name of ["null relay", "router"] as const) own.push(await startOwn(name, runtime, format));
    }
    const subjects = [...own, ...peers.subjects.filter((one) => one.formats.includes(format))];
    const turns = subjects.map((subject, index): Turn => {
      const { name, url, realm } = subject;
      const to = { target: name, url, realm, format, bytes: 16 };
      return {
        subject,
        command: { do: "joins", ...to, atOnce: AT_ONCE, seconds: 0 },
        ...name === "router" ? { base: index - 1 } : {},
      };
    });
    for (const { subject, command } of turns) {
      // They leave between the rounds: connections that stay take the generator ever longer to find another port.
      for (let i = 0; i < WARM_UPS; i++) {
        await generator.ask({ ...command, seconds: plan.seconds });
        await leave(generator, subject, command.target);
      }
    }
    return await measureInTurns(generator, turns, plan);
  } finally {
    await Promise.all([generator, ...own].map((one) => one.stop()));
  }
}

async function crowd(subject: Subject, count: number, byTicket: boolean, settings: Settings): Promise<Row> {
  const { formats, mode } = settings;
  const generator = startGenerator();
  try {
    const { url, ticket } = subject;
    const to = { url, realm: byTicket ? ticket!.realm : subject.realm, format: formats[0]!, bytes: 16 };
    const login = byTicket ? { login: ticket } : {};
    // What the first sessions cost is compiling.
    await generator.ask({ do: "crowd", target: "first", ...to, ...login, sessions: byTicket ? 4 : 300, atOnce: 8 });
    const before = await subject.usage();
    const crowd = { do: "crowd", target: "crowd", ...to, ...login, sessions: count, atOnce: AT_ONCE };
    const { seconds } = await generator.ask<{ seconds: number }>(crowd);
    const after = byTicket ? await subject.usage() : await settled(subject, mode === "quick" ? 100 : 500);
    return {
      subject,
      kilobytes: before && after ? (after.memory - before.memory) / count / 1024 : NaN,
      joins: count / seconds,
      cpu: before && after ? (after.cpu - before.cpu) / count : NaN,
    };
  } finally {
    await generator.stop();
  }
}

/** The usage, with the memory that is left after a while. */
async function settled(subject: Subject, pause: number): Promise<Usage | undefined> {
  const first = await subject.usage();
  if (first === undefined) return undefined;
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    seen.push((await subject.usage())!.memory);
  }
  return { cpu: first.cpu, memory: middle(seen) };
}

function reportOf(
  rows: readonly Row[],
  tickets: readonly Row[],
  joins: readonly Measurement[],
  { count, most }: { readonly count: number; readonly most: number },
  settings: Settings,
): Report {
  const others = rows.filter((row) => row.subject.runtime === undefined);
  const joinsOf = ({ name, version }: Subject) =>
    joins.find(({ subject }) => subject.name === name && subject.version === version)!;
  const toNull = ({ subject }: Row) =>
    subject.name === "router"
      ? joinsOf(subject).perSecond / joinsOf({ ...subject, name: "null relay" }).perSecond
      : NaN;
  const loses = (row: Row) =>
    row.subject.name === "router" &&
    (row.kilobytes > EXPECTED_KB || toNull(row) < EXPECTED_JOINS ||
      others.some((other) =>
        other.kilobytes < row.kilobytes || joinsOf(other.subject).perSecond > joinsOf(row.subject).perSecond
      ));
  const on = ({ subject }: Row) => subject.runtime === undefined ? subject.version.split(" ").at(-1)! : subject.version;
  const cells = (row: Row) => [row.subject.name + (loses(row) ? LOSS : ""), on(row)];
  return {
    name: "sessions",
    title: "What sessions cost that join and stay",
    about: `${count.toLocaleString("en")} anonymous sessions (${
      most.toLocaleString("en")
    } at most on Crossbar and fox-wamp) join over WebSocket, ${AT_ONCE} at a time, and stay.
*KB* is what the process's resident memory grew by for each, garbage that it has not collected included. *Joins/s* counts from the TCP connection to
WELCOME, as many at a time; there all take turns, after ${WARM_UPS} rounds each that do not count. *Joins to null* is their number beside the null relay's, *generator* the CPU load of the generator,
which near 100 % bounds it. The null relay answers HELLO by a constant; its handshakes are those of \`ws\`, on Bun those of its server. ✗ marks more than ${EXPECTED_KB} KB, fewer joins than
${EXPECTED_JOINS} times the null relay's, and what another router does better.`,
    tables: [{
      columns: ["router", "on", "KB a session", "joins/s", "CPU us/join", "joins to null", "generator"],
      texts: 2,
      rows: rows.map((row) => [
        ...cells(row),
        short(row.kilobytes),
        short(joinsOf(row.subject).perSecond),
        cpuTime(joinsOf(row.subject)),
        times(toNull(row)),
        percent(joinsOf(row.subject).generatorLoad),
      ]),
    }, {
      title: "By ticket",
      columns: ["router", "on", "joins/s", "CPU us/join"],
      texts: 2,
      rows: tickets.map((row) => [row.subject.name, on(row), short(row.joins), short(row.cpu)]),
    }],
    notes: [
      "By ticket, Nexus derives the password by PBKDF2 with 600,000 rounds, off the event loop: that is what its logins cost. The others compare plain texts.",
      ...methodOf(settings, joins.map((one) => one.others)),
    ],
    picture: {
      title: "Memory for an idle session; shorter is better",
      groups: [{
        label: "KB a session",
        bars: rows.filter((row) => !Number.isNaN(row.kilobytes)).map((row) => ({
          label: row.subject.runtime === undefined ? row.subject.name : `${row.subject.name}, ${row.subject.runtime}`,
          value: Math.max(row.kilobytes, 0),
          text: `${short(row.kilobytes)} KB`,
          kind: row.subject.name === "null relay" ? "null" : row.subject.runtime ? "ours" : "other",
        })),
      }],
    },
  };
}
