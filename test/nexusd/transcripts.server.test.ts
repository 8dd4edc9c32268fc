import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../run/alias.ts";
import { fileDirectory } from "../../src/nexusd/file_directory.ts";
import { connect } from "../../src/client/connect.ts";
import { memoryStore } from "../../src/nexusd/memory_store.ts";
import { createNexus } from "../../src/nexusd/nexus.ts";
import type { Nexus } from "../../src/nexusd/nexus.ts";
import { parseSeed } from "../../src/nexusd/seed.ts";
import { put } from "../../src/nexusd/store.ts";
import type { Store, StoreOperation } from "../../src/nexusd/store.ts";
import { listRecordings, readRecording, recordingsFolder } from "../support/recording.ts";
import type { RecordedStep, Recording } from "../support/recording.ts";
import { listen } from "../../src/serve/mod.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { replay, textOf } from "../support/replay.ts";
import { openOverWebSocket } from "../support/replay_websocket.ts";
import { differences } from "./transcript_differences.ts";
import { optionsFor } from "./transcript_differences_identity.ts";

/** What fills the store of each profile, derived once: hashes of passwords take their time. */
const filled = new Map<string, StoreOperation[]>();

beforeAll(async () => {
  for (const name of ["dev", "test"]) {
    const store = memoryStore();
    const file = join(recordingsFolder, `seed-${name}.yaml`);
    const seed = parseSeed(readFileSync(file, "utf8"), file);
    const nexus = await createNexus({ store, seed, passwordRounds: 100 });
    const operations: StoreOperation[] = [];
    for (const collection of ["nexus", "roles", "restrictions", "users"]) {
      for (const { key, value } of await store.list(collection)) operations.push(put(collection, key, value));
    }
    filled.set(name, operations);
    await nexus.close();
  }
});

async function startNexus(recording: Recording, clock: FakeClock | undefined): Promise<Nexus> {
  const store: Store = memoryStore();
  await store.write(filled.get(recording.profile === "test" ? "test" : "dev")!);
  const directory = fileDirectory(join(root, "test", "fixtures", "directory.yaml"));
  const usual = { store, directory, passwordRounds: 100, notificationGrace: 0 };
  return createNexus({ ...usual, ...optionsFor(recording.scenario), ...clock && { clock } });
}

/** The recorded ids are drawn, so that 5 is none of them; here they count up. That a client closes its connection is said in words alone. */
function withoutGuesses(recording: Recording): Recording {
  const steps = recording.steps.map((step) => {
    const closing = /^(\w+) closes the WebSocket$/.exec(step.text ?? "");
    const passed = /^([\d.]+) s pass$/.exec(step.text ?? "");
    if (passed !== null) return { dir: "idle", seconds: Number(passed[1]) } as const;
    if (closing !== null) return { dir: "close", conn: closing[1]!, by: "client", code: 1000 } as const;
    const [type, request, options, procedure, args] = step.message ?? [];
    if (step.dir !== "send" || !/^wamp\.(registration|subscription)\./.test(String(procedure))) return step;
    if (type !== 48 || !Array.isArray(args)) return step;
    return { ...step, message: [type, request, options, procedure, args.map((arg) => arg === 5 ? 4_711_000 : arg)] };
  });
  return { ...recording, steps: recording.scenario.startsWith("uri-") ? oneByOne(steps) : steps };
}

/** These were recorded on one connection after the other, though it is not said that each is closed before the next. */
function oneByOne(steps: readonly RecordedStep[]): RecordedStep[] {
  let last: string | undefined;
  return steps.flatMap((step): RecordedStep[] => {
    if (step.dir !== "open") return [step];
    const closing: RecordedStep[] = last === undefined ? [] : [{ dir: "close", conn: last, by: "client", code: 1000 }];
    last = step.conn;
    return [...closing, step];
  });
}

/** The time that was sent with a one-time password lay in the past. */
function withPastTimes(recording: Recording): Recording {
  if (recording.scenario !== "system-otp") return recording;
  const past = (message: readonly unknown[]) =>
    JSON.parse(JSON.stringify(message).replaceAll('"<timestamp>"', '"2020-01-01T00:00:00-08:00"'));
  const steps = recording.steps.map((step) =>
    step.dir === "send" && step.message !== undefined ? { ...step, message: past(step.message) } : step
  );
  return { ...recording, steps };
}

/** Some recordings began with a role as another had left it, and show it first; one with a procedure that another had documented. */
async function takeOver({ scenario, steps }: Recording, { roles, router, realm }: Nexus): Promise<void> {
  if (!scenario.startsWith("language-")) return;
  if (scenario === "language-traits-user") {
    const trusted = { authid: "before", authrole: "trust", authprovider: "static" };
    const before = await connect(router.local(trusted), { realm });
    const about = { description: "x", contact: "before" };
    await before.call("system.document.set", ["register", "com.izaber.wamp.lang.doc.x", about]);
    await before.close();
  }
  const text = steps.map(({ dir, message }) => dir === "recv" ? JSON.stringify(message) : "").find((text) =>
    /"records":\[\{"uuid":"[^"]*","permissions":/.test(text)
  );
  if (text === undefined) return;
  const [{ role, permissions }] = JSON.parse(text)[3][0].records;
  await roles.save({ ...roles.get(role)!, permissions });
}

type Entries = { readonly [key: string]: unknown };

/**
 * Leaves out what the recorded server says otherwise in every recording: which features it announces (here it is what there is), which session of its own
 * answers or publishes (here it is none), and how a session's connection was opened (its headers hold the cookie).
 */
function comparable(message: readonly unknown[]): readonly unknown[] {
  const [type, id] = message;
  if (type === 2) {
    const { roles: _roles, ...details } = message[2] as Entries;
    return [2, id, details];
  }
  const { callee_authid, publisher_authid } = (message[type === 36 ? 3 : 2] ?? {}) as Entries;
  if (!/^routerworker-/.test(String(callee_authid ?? publisher_authid))) return message;
  const [args, ...rest] = message.slice(type === 36 ? 4 : 3);
  const plain = (args as unknown[]).map(plainSession);
  return [...message.slice(0, type === 36 ? 3 : 2), {}, plain, ...rest];
}

function plainSession(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("authmethod" in value)) return value;
  const { session, authid, authrole, authmethod, authprovider, authextra, transport } = value as Entries;
  const extra = Object.entries(authextra as Entries).filter(([key]) => !key.startsWith("x_cb_"));
  const { type } = transport as Entries;
  const peer = `<peer:${String(session).replace(/[<>]/g, "")}>`;
  return {
    session,
    authid,
    authrole,
    authmethod,
    authprovider,
    authextra: Object.fromEntries(extra),
    transport: { type, peer },
  };
}

/** Goes on by a second, and gives what comes of it the time to be sent. */
async function passSecond(clock: FakeClock): Promise<void> {
  clock.advance(1000);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve));
}

async function play(scenario: string): Promise<void> {
  const recording = withPastTimes(withoutGuesses(readRecording(scenario)));
  const clock = /^expiry-|^warning-events$/.test(scenario) ? new FakeClock() : undefined;
  const nexus = await startNexus(recording, clock);
  await takeOver(recording, nexus);
  const listener = await listen(nexus.router);
  try {
    await replay(recording, {
      open: openOverWebSocket(listener.url),
      expecting: comparable,
      ...clock && {
        pass: (seconds) => {
          clock.advance(seconds * 1000);
          return Promise.resolve();
        },
        whileAwaitingEvents: () => passSecond(clock),
      },
      differences: differences.filter(({ scenarios }) => scenarios.test(scenario)),
    });
  } finally {
    await nexus.close();
    await listener.close();
  }
}

describe("what a real Nexus answered", () => {
  const refused = "ws-subprotocol-ubjson";
  test.each(listRecordings().filter((scenario) => scenario !== refused))("%s", (scenario) => play(scenario));

  test("ws-subprotocol-ubjson, but that there is no UBJSON here, which no client insists on", async () => {
    await expect(play(refused)).rejects.toThrow("answered 400");
  });
});

test("every difference is one of a recording, and has its reason", () => {
  for (const { scenarios, recorded, reason } of differences) {
    const texts = listRecordings().filter((scenario) => scenarios.test(scenario)).map((scenario) =>
      readRecording(scenario).steps.map(textOf).join()
    );
    expect(texts.some((text) => text.includes(recorded)), recorded).toBe(true);
    expect(reason).toMatch(/\w{3}/);
  }
});
