import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createNexus, memoryStore, parseSeed } from "@izaber/wamp/nexusd";
import type { Nexus } from "@izaber/wamp/nexusd";
import { listenRawSocket } from "@izaber/wamp/serve";
import type { Listener } from "@izaber/wamp/serve";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakeClock } from "../support/fake_clock.ts";
import { readRecording, recordingsFolder } from "../support/recording.ts";
import { replay } from "../support/replay.ts";
import { openOverRawSocket, playable } from "../support/replay_rawsocket.ts";

const file = join(recordingsFolder, "seed-dev.yaml");
const seed = parseSeed(readFileSync(file, "utf8"), file);

let nexus: Nexus;
let listener: Listener;

beforeAll(async () => {
  nexus = await createNexus({ store: memoryStore(), seed, passwordRounds: 100 });
  listener = await listenRawSocket(nexus.router);
});

afterAll(async () => {
  await nexus.close();
  await listener.close();
});

/** What the recorded server announced is announced here as it comes to exist. */
function withoutFeatures(message: readonly unknown[]): readonly unknown[] {
  if (message[0] !== 2) return message;
  const { roles: _roles, ...details } = message[2] as { roles: unknown };
  return [2, message[1], details];
}

test.each(["handshake", "ticket", "bad"])("a real Nexus answered so on RawSocket: %s", async (name) => {
  const recording = playable(readRecording(`rawsocket/${name}`));
  expect(recording.steps.length).toBeGreaterThan(5);
  await replay(recording, { open: openOverRawSocket(listener.url), expecting: withoutFeatures });
});

test("a session on RawSocket goes on, however quiet it was; the recorded server refused it once after a minute", async () => {
  const { steps, ...recording } = readRecording("rawsocket/expiry");
  const clock = new FakeClock();
  await using quiet = await createNexus({ store: memoryStore(), seed, passwordRounds: 100, clock });
  const open = await listenRawSocket(quiet.router);
  const played = steps.map((step) => step.text === "61.5 s pass" ? { dir: "idle" as const, seconds: 61.5 } : step);
  try {
    await replay({ ...recording, steps: played }, {
      open: openOverRawSocket(open.url),
      expecting: withoutFeatures,
      pass: (seconds) => Promise.resolve(clock.advance(seconds * 1000)),
      differences: [{
        recorded: '[8,48,2,{},"wamp.error.not_authorized"',
        instead: [50, 2, {}, [{ authid: "frontend-1", role: "frontend" }]],
        reason:
          "a connection that lives is known; the recorded server looked for a cookie that RawSocket does not have",
      }],
    });
  } finally {
    await open.close();
  }
});
