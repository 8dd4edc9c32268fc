import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cbor, connect, createClient, json, RemoteError, ticket } from "../../mod.ts";
import type { ClientOptions, Dialer, WampError } from "../../mod.ts";
import { wordsOf } from "../../src/cli/wording.ts";
import { openRealm, Router, ticketAuthenticator } from "../../src/router/mod.ts";
import { listen } from "../../src/serve/mod.ts";
import type { Listener } from "../../src/serve/mod.ts";
import { rawSocketDialer } from "../../src/transport/rawsocket.ts";

let router: Router;
let listener: Listener;
const undecided = Promise.withResolvers<{ allow: boolean }>();

beforeAll(async () => {
  router = new Router({
    realms: [openRealm("realm1"), {
      name: "guarded",
      authenticators: [
        ticketAuthenticator(() => ({ next: "deny", reason: "wamp.error.not_authorized", message: "no" })),
      ],
    }, { ...openRealm("silent"), authorizer: { authorize: () => undecided.promise } }],
    serializers: [cbor],
  });
  listener = await listen(router);
});

afterAll(async () => {
  undecided.resolve({ allow: false });
  await listener.close();
  await router.close();
});

async function refusal(work: Promise<unknown>): Promise<WampError> {
  return await work.then(() => expect.fail("it was not refused"), (error) => error);
}

function joining(options: Partial<ClientOptions>, to: string | Dialer = router.local()): Promise<WampError> {
  return refusal(connect(to, { realm: "realm1", reconnect: false, ...options }));
}

async function asking(options: Partial<ClientOptions>, work: "call" | "subscribe"): Promise<WampError> {
  const client = await connect(router.local(), { realm: "silent", reconnect: false, ...options });
  try {
    return await refusal(work === "call" ? client.call("a.b") : client.subscribe("a.b", () => {}));
  } finally {
    await client.close();
  }
}

function making(options: Partial<ClientOptions>): Promise<WampError> {
  return refusal(Promise.resolve().then(() => createClient(router.local(), { realm: "realm1", ...options })));
}

/** Joins where a connection gets nothing but some bytes. */
async function answered(bytes: string, options: Partial<ClientOptions> = {}): Promise<WampError> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.write(Buffer.from(bytes, "hex"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const dialer = rawSocketDialer(`tcpip://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return await joining(options, dialer);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

const unsendable = { ...ticket("joe", "wrong"), authextra: { a: Symbol("a") as never } };

/** What an error ends with as a client says it, and as the command does. */
const advice: readonly (readonly [string, () => Promise<WampError>, RegExp, RegExp])[] = [
  [
    "no_such_realm",
    () => joining({ realm: "nowhere" }),
    /; check the option realm$/,
    /; check --realm; that of a Nexus is izaber unless it was named otherwise$/,
  ],
  [
    "authentication_failed",
    () => joining({ realm: "guarded", auth: ticket("joe", "wrong") }),
    /; check the name, the secret and the method in the option auth$/,
    /; check --user and its password$/,
  ],
  [
    "authentication_failed",
    () => joining({ auth: unsendable }, listener.url),
    /; check the option auth$/,
    /; check --user and its/,
  ],
  ["timeout", () => asking({ timeout: 10 }, "call"), / Raise the option timeout if it/, / Raise --timeout if it needs/],
  [
    "timeout",
    () => asking({ requestTimeout: 10 }, "subscribe"),
    /; raise the option requestTimeout if it needs longer$/,
    / within 10 ms$/,
  ],
  [
    "connect_timeout",
    () => answered("", { connectTimeout: 50 }),
    / Raise the option connectTimeout if it is slow$/,
    /; is it reachable\?$/,
  ],
  [
    "no_common_serializer",
    () => joining({ serializers: [json] }, listener.url),
    /; give one of these in the option serializers$/,
    /it has [\w., ]+$/,
  ],
  [
    "no_common_serializer",
    () => answered("7f100000"),
    /; put another first in the option serializers$/,
    /it does not speak \w+$/,
  ],
  [
    "length_unacceptable",
    () => answered("7f200000"),
    /; give another as option maxMessageSize$/,
    /it does not agree to the largest message size$/,
  ],
  [
    "invalid_argument",
    () => making({ realm: "a b" }),
    /: the option realm is "a b", expected/,
    /: --realm is "a b", e/,
  ],
  ["invalid_argument", () => making({ prefix: "a b" }), /: the option prefix is/, /: --prefix is "a b", expected/],
  ["invalid_argument", () => making({ timeout: -1 }), /: the option timeout is/, /: --timeout is -1, expected/],
];

test.each(advice)("%s is said with the options of the command: %#", async (code, bringAbout, before, after) => {
  const error = await bringAbout();
  expect(error).toMatchObject({ code, message: expect.stringMatching(before) });
  expect(wordsOf(error)).toMatch(after);
  expect(wordsOf(error)).not.toContain("option ");
});

test("what others say is left as it is", async () => {
  const texts = [
    'the option timeout is missing in settings.json; set "a" as option maxMessageSize',
    "check the option realm",
    "check the option auth",
    "No answer; Raise the option timeout if it needs longer",
  ];
  for (const text of texts) {
    const message = `com.example.bad_config: ${text}`;
    expect(wordsOf(new RemoteError("com.example.bad_config", [text]))).toBe(message);
    expect(wordsOf(new RemoteError("com.izaber.wamp.error", [text]))).toBe(text);
  }
  expect(wordsOf(new RemoteError("com.izaber.wamp.error: a", ["b"]))).toBe("com.izaber.wamp.error: a: b");
  const refused = ticketAuthenticator(() => ({
    next: "deny",
    reason: "wamp.error.not_authorized",
    message: "the option realm is wrong; check the option auth, or say it in the option serializers",
  }));
  const strange = new Router({ realms: [{ name: "realm1", authenticators: [refused] }] });
  const said = wordsOf(await joining({ auth: ticket("joe", "x") }, strange.local()));
  expect(said).toContain('"the option realm is wrong; check the option auth, or say it in the option serializers"; ');
  await strange.close();
});
