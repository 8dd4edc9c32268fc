import { cbor, json, msgpack } from "@izaber/wamp";
import type { Serializer } from "@izaber/wamp";
import { longPollDialer } from "@izaber/wamp/longpoll";
import type { LongPollDialerOptions } from "../../src/transport/long_poll.ts";
import { afterEach, describe, expect, test } from "vitest";
import type { Head } from "../../src/codec/head.ts";
import type { Connection } from "../../src/transport/connection.ts";
import type { CloseInfo } from "../../src/transport/transport.ts";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "../support/fake_clock.ts";

const URL = "https://router.example.com/lp/";
const open: Connection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.terminate();
});

/** A request as the router sees it, and what answers it. */
interface Asked {
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array;
  readonly text: string;
  readonly signal: AbortSignal;
  readonly answer: (response: Response | Error) => void;
}

/** A router that a test speaks for. */
class ScriptedHttp {
  readonly #asked: Asked[] = [];
  #wake: () => void = () => {};

  readonly fetch = (async (url: string, init: RequestInit): Promise<Response> => {
    const request = new Request(url, { ...init, signal: null });
    const body = new Uint8Array(await request.arrayBuffer());
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const signal = init.signal!;
    signal.addEventListener("abort", () => reject(signal.reason));
    if (signal.aborted) reject(signal.reason);
    this.#asked.push({
      path: url.replace("https://router.example.com", ""),
      headers: request.headers,
      body,
      text: new TextDecoder().decode(body),
      signal,
      answer: (response) => response instanceof Error ? reject(response) : resolve(response),
    });
    this.#wake();
    return await promise;
  }) as typeof fetch;

  /** The next request to an address. */
  async next(path: string): Promise<Asked> {
    for (;;) {
      const at = this.#asked.findIndex((asked) => asked.path === path);
      if (at >= 0) return this.#asked.splice(at, 1)[0]!;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Whether there is a request that nobody took. */
  has(path: string): boolean {
    return this.#asked.some((asked) => asked.path === path);
  }
}

const empty = () => new Response(null, { status: 204 });

function dial(http: ScriptedHttp, serializers: readonly Serializer[], options: LongPollDialerOptions = {}) {
  const clock = new FakeClock();
  const controller = new AbortController();
  const connection = longPollDialer(URL, { fetch: http.fetch, ...options }).dial({
    serializers,
    signal: controller.signal,
    clock,
  });
  connection.catch(() => {});
  return { connection, clock, controller };
}

async function connected(serializer: Serializer, options: LongPollDialerOptions = {}) {
  const http = new ScriptedHttp();
  const { connection: dialled, clock } = dial(http, [serializer], options);
  const asked = await http.next("/lp/open");
  const [protocol] = JSON.parse(asked.text).protocols;
  asked.answer(Response.json({ protocol, transport: "a/b" }));
  const connection = await dialled;
  open.push(connection);
  const heads: Head[] = [];
  const closed = Promise.withResolvers<CloseInfo>();
  let wake = () => {};
  connection.start({
    message: (head) => {
      heads.push(head);
      wake();
    },
    violation: (error) => closed.reject(error),
    drained: () => {},
    closed: (info) => closed.resolve(info),
  });
  const next = async () => {
    while (heads.length === 0) await new Promise<void>((resolve) => wake = resolve);
    return heads.shift()!;
  };
  return { http, clock, connection, closed: closed.promise, next };
}

const hello = [MessageType.HELLO, "realm1", {}] as const;
const goodbye = [MessageType.GOODBYE, {}, "wamp.close.normal"] as const;

test("offers what it speaks, with the headers and cookies that are asked for, and encodes the transport's name", async () => {
  const http = new ScriptedHttp();
  const { connection } = dial(http, [msgpack, json], { headers: { "x-token": "1" } });
  const asked = await http.next("/lp/open");
  expect(JSON.parse(asked.text)).toEqual({ protocols: ["wamp.2.msgpack.batched", "wamp.2.msgpack", "wamp.2.json"] });
  expect(asked.headers.get("x-token")).toBe("1");
  asked.answer(Response.json({ protocol: "wamp.2.json", transport: "a/b" }));
  open.push(await connection);
  const poll = await http.next("/lp/a%2Fb/receive");
  expect(poll.headers.get("x-token")).toBe("1");
});

describe.each([["JSON", json], ["MessagePack", msgpack], ["CBOR", cbor]] as const)("in %s", (_, serializer) => {
  test("messages go one by one, or together where that was agreed on, and come in order", async () => {
    const { http, connection, next } = await connected(serializer);
    connection.send(hello);
    const first = await http.next("/lp/a%2Fb/send");
    connection.send(goodbye);
    connection.send(goodbye);
    expect(http.has("/lp/a%2Fb/send")).toBe(false);
    first.answer(empty());
    const second = await http.next("/lp/a%2Fb/send");
    const frames = serializer === json
      ? [second.text]
      : [...serializer.splitBatch(second.body as Uint8Array<ArrayBuffer>)];
    expect(frames.map((frame) => serializer.scan(frame).type)).toEqual(serializer === json ? [6] : [6, 6]);
    second.answer(empty());

    const poll = await http.next("/lp/a%2Fb/receive");
    const welcome = [MessageType.WELCOME, 1, { roles: {} }] as const;
    const frame = serializer.encode(welcome);
    poll.answer(new Response((serializer === json ? frame : serializer.joinBatch([frame, frame])) as BodyInit));
    for (let i = 0; i < (serializer === json ? 1 : 2); i++) expect((await next()).type).toBe(MessageType.WELCOME);
    await http.next("/lp/a%2Fb/receive");
  });
});

test("batches go together up to 1 MiB a request, a larger one goes alone, and all count until they have left", async () => {
  const { http, connection } = await connected(msgpack);
  const [small, medium, large] = [100, 600_000, 1_500_000].map((size) => ({ message: "x".repeat(size) }));
  connection.send(hello);
  const first = await http.next("/lp/a%2Fb/send");
  for (const details of [small!, medium!, medium!, large!, small!]) {
    connection.send([MessageType.GOODBYE, details, "wamp.close.normal"]);
    // Of one turn the connection itself makes batches.
    await expect.poll(() => connection.queuedBytes - connection.heldBytes).toBe(0);
  }
  const queued = [connection.queuedBytes];
  first.answer(empty());
  const requests: number[] = [first.body.length];
  const messages: number[] = [1];
  while (requests.length < 5) {
    const { body, answer } = await http.next("/lp/a%2Fb/send");
    queued.push(connection.queuedBytes);
    requests.push(body.length);
    messages.push([...msgpack.splitBatch(body as Uint8Array<ArrayBuffer>)].length);
    answer(empty());
  }
  await expect.poll(() => connection.queuedBytes).toBe(0);
  expect(messages).toEqual([1, 2, 1, 1, 1]);
  expect(queued.map((bytes, at) => bytes - (queued[at + 1] ?? 0))).toEqual(requests);
});

test("an answer without messages is followed by another request, soon or, when it came in haste, later", async () => {
  const { http, clock } = await connected(json);
  const poll = await http.next("/lp/a%2Fb/receive");
  clock.advance(10_000);
  poll.answer(empty());
  const hasty = await http.next("/lp/a%2Fb/receive");
  hasty.answer(empty());
  await expect.poll(() => clock.next).toBe(500);
  expect(http.has("/lp/a%2Fb/receive")).toBe(false);
  clock.advance(500);
  await http.next("/lp/a%2Fb/receive");
});

test("answers that come in haste leave no listeners behind, however many", async () => {
  const { http, clock } = await connected(json);
  let poll = await http.next("/lp/a%2Fb/receive");
  const { signal } = poll;
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  let listeners = 0;
  signal.addEventListener = (...listener: Parameters<typeof add>) => {
    listeners += 1;
    add(...listener);
  };
  signal.removeEventListener = (...listener: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...listener);
  };
  const times = 20;
  for (let time = 0; time < times; time++) {
    poll.answer(empty());
    await expect.poll(() => clock.next).toBe(500);
    clock.advance(500);
    poll = await http.next("/lp/a%2Fb/receive");
    expect(poll.signal).toBe(signal);
  }
  // The router of this test listens once for each request.
  expect(listeners).toBe(times);
});

test("nothing is asked for while nothing is delivered", async () => {
  const { http, connection, next } = await connected(json);
  const poll = await http.next("/lp/a%2Fb/receive");
  connection.pause();
  poll.answer(new Response(json.encode(goodbye) as string));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(http.has("/lp/a%2Fb/receive")).toBe(false);
  connection.resume();
  await next();
  await http.next("/lp/a%2Fb/receive");
});

describe("it ends", () => {
  test("when this side closes, after what was sent has left", async () => {
    const { http, connection, closed, clock } = await connected(json);
    const poll = await http.next("/lp/a%2Fb/receive");
    connection.send(goodbye);
    connection.close(1000, "done");
    (await http.next("/lp/a%2Fb/send")).answer(empty());
    (await http.next("/lp/a%2Fb/close")).answer(empty());
    expect(await closed).toEqual({ local: true, code: 1000, reason: "done" });
    expect(poll.signal.aborted).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("when the router does not take the last words in time", async () => {
    const { connection, closed, clock, http } = await connected(json, { closeTimeout: 1_000 });
    const poll = await http.next("/lp/a%2Fb/receive");
    connection.send(goodbye);
    connection.close();
    clock.advance(1_000);
    expect(await closed).toMatchObject({ local: true });
    expect(poll.signal.aborted).toBe(true);
  });

  test("at once when it is dropped, and waits no longer for the router to hear of it than at a close", async () => {
    for (const answers of [true, false]) {
      const { http, connection, closed, clock } = await connected(json, { closeTimeout: 1_000 });
      connection.terminate();
      expect(await closed).toMatchObject({ local: true, reason: "terminated" });
      const close = await http.next("/lp/a%2Fb/close");
      if (answers) close.answer(empty());
      else clock.advance(1_000);
      await expect.poll(() => clock.pending).toBe(0);
      expect(close.signal.aborted).toBe(!answers);
    }
  });

  test("when the router does not end what it says of a failure, of which no more is read than is told", async () => {
    let sent = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue((sent++, new Uint8Array(64).fill(0x61))),
      cancel: () => void (cancelled = true),
    });
    const { http, closed, connection } = await connected(json);
    connection.send(hello);
    (await http.next("/lp/a%2Fb/send")).answer(new Response(endless, { status: 500 }));
    expect((await closed).reason).toBe(`send was answered with 500 ${"a".repeat(200)}`);
    await expect.poll(() => cancelled).toBe(true);
    expect(sent).toBeLessThan(10);
  });

  test("when the router says nothing more of a failure", async () => {
    const { http, closed, connection, clock } = await connected(json);
    connection.send(hello);
    const silent = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode("why")) });
    (await http.next("/lp/a%2Fb/send")).answer(new Response(silent, { status: 500 }));
    await expect.poll(() => clock.next).toBe(500);
    clock.advance(500);
    expect((await closed).reason).toBe("send was answered with 500");
    (await http.next("/lp/a%2Fb/close")).answer(empty());
    await expect.poll(() => clock.pending).toBe(0);
  });

  test.each<[string, () => Response | Error, string | RegExp, boolean]>([
    ["says that it is over", () => new Response("enough\n", { status: 410 }), "enough", false],
    ["does not know it", () => new Response("no such transport", { status: 404 }), /404 no such/, false],
    ["fails", () => new Response("", { status: 502 }), /receive was answered with 502/, true],
    ["cannot be reached", () => new TypeError("no network"), "no network", true],
    ["sends too much", () => new Response(`["${"x".repeat(2_000)}"]`), /more than 1000 bytes/, true],
    ["sends no UTF-8", () => new Response(Uint8Array.of(0xff)), /./, true],
  ])("when the router %s", async (_, answer, reason, closes) => {
    const { http, closed, connection } = await connected(json, { maxMessageSize: 1_000 });
    (await http.next("/lp/a%2Fb/receive")).answer(answer());
    const info = await closed;
    expect(info.local).toBe(false);
    if (typeof reason === "string") expect(info.reason).toBe(reason);
    else expect(info.reason).toMatch(reason);
    if (closes) await http.next("/lp/a%2Fb/close");
    else expect(http.has("/lp/a%2Fb/close")).toBe(false);
    connection.send(hello);
    expect(connection.queuedBytes).toBe(0);
  });

  test("when the router does not take a message", async () => {
    const { http, closed, connection } = await connected(json);
    connection.send(hello);
    (await http.next("/lp/a%2Fb/send")).answer(new Response("what?", { status: 400 }));
    expect(await closed).toMatchObject({ local: false, reason: "send was answered with 400 what?" });
  });
});

describe("the dialer rejects", () => {
  test.each<[string, () => Response | Error, string, RegExp]>([
    ["another server", () => new Response("<html>", { status: 200 }), "not_wamp", /answered <html>; check the path/],
    ["nothing at that path", () => new Response("", { status: 404 }), "not_wamp", /404: nothing/],
    ["a protocol that was not offered", () => Response.json({ protocol: "mqtt", transport: "x" }), "not_wamp", /mqtt/],
    ["a missing transport", () => Response.json({ protocol: "wamp.2.json" }), "not_wamp", /check the path/],
    ["no common protocol", () => new Response("none", { status: 400 }), "no_common_serializer", /400: none/],
    ["an origin that may not", () => new Response("", { status: 403 }), "refused", /403/],
    ["a full house", () => new Response("", { status: 503 }), "connection_limit", /503/],
    ["no network", () => new TypeError("connect ECONNREFUSED"), "connection_refused", /nothing listens/],
  ])("%s", async (_, answer, code, message) => {
    const http = new ScriptedHttp();
    const { connection } = dial(http, [json]);
    (await http.next("/lp/open")).answer(answer());
    await expect(connection).rejects.toMatchObject({
      name: "ConnectError",
      code,
      message: expect.stringMatching(message),
    });
  });

  test("a page that does not end, of which the beginning is read", async () => {
    const page = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("<html>\n".padEnd(1_000))),
    });
    const http = new ScriptedHttp();
    const { connection } = dial(http, [json]);
    (await http.next("/lp/open")).answer(new Response(page));
    await expect(connection).rejects.toMatchObject({
      code: "not_wamp",
      message: expect.stringMatching(/<html>; check/),
    });
  });

  test("with the signal's reason when it is told to give up", async () => {
    const http = new ScriptedHttp();
    const { connection, controller } = dial(http, [json]);
    await http.next("/lp/open");
    controller.abort(new Error("enough"));
    await expect(connection).rejects.toThrow("enough");
  });

  test.each(["ws://a/lp", "nonsense", ""])("the URL %j", (url) => {
    expect(() => longPollDialer(url)).toThrow(expect.objectContaining({ code: "invalid_argument" }));
  });
});
