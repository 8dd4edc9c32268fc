import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connect, ticket } from "../../../mod.ts";
import type { Client, Dict, WampValue } from "../../../mod.ts";
import { ChildPeer } from "../child_peer.ts";
import { cuttable } from "../cuttable.ts";
import { peers, pythonOf } from "../install.ts";
import { openOurNexus } from "../our_nexus.ts";
import type { OurNexus } from "../our_nexus.ts";
import type { Options } from "../peer.ts";
import type { Report } from "../report.ts";
import { same } from "../scenario.ts";
import type { Suite } from "../suite.ts";

/** A Python program with izaber-wamp. */
class Program {
  readonly peer: ChildPeer = new ChildPeer({
    name: "izaber-wamp",
    version: "3.0.20231125",
    can: [],
    command: [pythonOf("python/izaber"), join(peers, "python", "izaber_driver.py")],
  });

  /** Runs a method of `wamp`, or of what {@linkcode spawn} made. */
  async method(name: string, args: WampValue[] = [], on: string | null = null): Promise<WampValue> {
    return await this.peer.special("method", { name, args, kwargs: {}, on_key: on });
  }

  async refused(name: string, args: WampValue[], on: string | null = null): Promise<string> {
    try {
      await this.method(name, args, on);
    } catch (error) {
      return String(error);
    }
    throw new Error(`${name} was not refused`);
  }

  async spawn(key: string, username: string, password: string, options: Options = {}): Promise<Dict> {
    return await this.peer.special("spawn", { key, username, password, options }) as Dict;
  }

  async state(): Promise<{ joins: number; most: number; connected: boolean }> {
    return await this.peer.special("state") as { joins: number; most: number; connected: boolean };
  }
}

interface Stage {
  readonly program: Program;
  readonly nexus: OurNexus;
  /** Our own session, of the user fiona. */
  readonly ours: Client;
  cut(): void;
}

type Check = (stage: Stage) => Promise<void>;

const checks: Record<string, Check> = {
  whoami: async ({ program }) => same(await program.method("whoami"), { authid: "bruno", role: "backend" }, "whoami"),
  call: async ({ program, ours }) => {
    const other = await ours.call("auth.whoami") as Dict;
    same(other.authid, "fiona", "our own whoami");
    same(await program.method("call", ["auth.whoami"]), { authid: "bruno", role: "backend" }, "a call by its name");
  },
  "register, prefix": async ({ program, ours }) => {
    await program.peer.register("example.hello", "say:hello" as never, { match: "prefix" });
    same(await ours.call("example.hello.anything", []), "hello", "a call of the prefix");
  },
  "caller details": async ({ program, ours }) => {
    const noted = await program.peer.subscribe("example.unused");
    await noted.unsubscribe();
    const served = await program.peer.register("example.who", "note");
    await ours.call("example.who", [1], { two: 2 });
    same(await served.next(), { args: [1], kwargs: { two: 2 } }, "what the callee got");
  },
  "force_reregister": async ({ program, ours }) => {
    await program.peer.register("example.taken", "say:first" as never);
    let refused = "";
    await program.peer.register("example.taken", "say:second" as never).catch((error) => refused = String(error));
    if (refused === "") throw new Error("a second registration was not refused");
    await program.peer.register("example.taken", "say:third" as never, { force_reregister: true });
    same(await ours.call("example.taken"), "third", "who answers");
  },
  unregister: async ({ program, ours }) => {
    const served = await program.peer.register("example.brief", "say:brief" as never);
    same(await ours.call("example.brief"), "brief", "before");
    await served.unregister();
    const refused = await ours.call("example.brief").then(() => "", String);
    same(/no_such_procedure/.test(refused), true, `after: ${refused}`);
  },
  "subscribe, publish": async ({ program, ours }) => {
    const heard = await program.peer.subscribe("example.topic");
    await ours.publish("example.topic", ["hello"], { key: 1 }, { acknowledge: true });
    const { args, kwargs } = await heard.next();
    same([args, kwargs], [["hello"], { key: 1 }], "what the program heard");
    const { promise, resolve } = Promise.withResolvers<unknown>();
    await ours.subscribe("example.back", (args, kwargs) => resolve([args, kwargs]));
    await program.peer.publish("example.back", ["there"], { key: 2 });
    same(await promise, [["there"], { key: 2 }], "what we heard");
  },
  metadata: async ({ program }) => {
    same(await program.method("metadata_set", ["colour", { sky: "blue" }]), { sky: "blue" }, "set");
    same(await program.method("metadata_get", ["colour"]), { sky: "blue" }, "get");
    same(Object.keys(await program.method("metadata_list") as Dict), ["colour"], "list");
    await program.method("metadata_delete", ["colour"]);
    same(await program.method("metadata_get", ["colour"]), null, "get after delete");
  },
  rosters: async ({ program }) => {
    await program.method("roster_register", ["roster.printers", { host: "a" }]);
    same(await program.method("roster_query", ["roster.printers"]), [{ host: "a" }], "query");
    same(await program.method("roster_unregister", ["roster.printers"]), true, "unregister");
    same(await program.method("roster_query", ["roster.printers"]), [], "query afterwards");
  },
  "API keys": async ({ program }) => {
    const key = await program.method("apikeys_create", [{ description: "interop" }]) as Dict;
    same((await program.method("apikeys_list") as Dict[]).map(({ uuid }) => uuid), [key.uuid!], "list");
    const who = await program.spawn("key", "bruno", key.plaintext_key as string);
    same(who.authid, "bruno", "who logs in by the key");
    same(/not authorized/i.test(await program.refused("apikeys_create", [], "key")), true, "no further key");
    same(/not authorized/i.test(await program.refused("otp_create", [], "key")), true, "no OTP");
    same(await program.method("apikeys_delete", [key.uuid!]), true, "delete");
    await program.peer.special("disconnect", { key: "key" });
  },
  OTP: async ({ program }) => {
    const otp = await program.method("otp_create") as Dict;
    same((await program.method("otp_list") as Dict[]).length, 1, "list");
    const login = (otp.login ?? "bruno") as string;
    same(
      (await program.spawn("otp", login, otp.plaintext_key as string, { auto_reconnect: false })).authid,
      "bruno",
      "who",
    );
    same(/not authorized/i.test(await program.refused("otp_create", [], "otp")), true, "no further OTP");
    let refused = "";
    await program.spawn("again", login, otp.plaintext_key as string, { auto_reconnect: false, timeout: 5 })
      .catch((error) => refused = String(error));
    if (refused === "") throw new Error("a one-time password was good twice");
    await program.peer.special("disconnect", { key: "otp" });
  },
  spawn_connection: async ({ program }) => {
    same(
      await program.spawn("other", "fiona", "fiona-secret"),
      { authid: "fiona", role: "frontend" },
      "the spawned one",
    );
    same(await program.method("whoami"), { authid: "bruno", role: "backend" }, "the first one");
    await program.peer.special("disconnect", { key: "other" });
  },
  "concurrency queues": async ({ program, ours }) => {
    await program.peer.special("register", {
      key: "queued",
      uri: "example.queued",
      does: "slow",
      options: {},
      queue: "two",
    });
    const before = await program.state();
    await Promise.all(Array.from({ length: 6 }, () => ours.call("example.queued", [0.1])));
    same(before.most <= 2 && (await program.state()).most, 2, "how many ran at once");
  },
  "hooks, restored after a cut": async ({ program, ours, cut }) => {
    await program.peer.register("example.restored", "say:again" as never);
    const heard = await program.peer.subscribe("example.restored.topic");
    const { joins } = await program.state();
    cut();
    const deadline = Date.now() + 20_000;
    while ((await program.state()).joins === joins) {
      if (Date.now() > deadline) throw new Error("the program did not come back");
      await delay(100);
    }
    same(await ours.call("example.restored"), "again", "a call after the cut");
    await ours.publish("example.restored.topic", [1], {}, { acknowledge: true });
    same((await heard.next()).args, [1], "an event after the cut");
  },
  change_user: async ({ program }) => {
    const who = await program.peer.special("change_user", { username: "fiona", password: "fiona-secret" });
    same(who, { authid: "fiona", role: "frontend" }, "who it is then");
  },
};

/** izaber-wamp on our Nexus. */
export const izaber: readonly Suite[] = [{
  name: "izaber-wamp",
  needs: ["python/izaber"],
  run: async (report) => {
    for (const [transport, serializer] of [["ws", "cbor"], ["ws", "json"], ["ws", "msgpack"]] as const) {
      await run(report, transport, serializer, Object.keys(checks));
    }
    const basic = Object.keys(checks).filter((name) => name !== "hooks, restored after a cut");
    await run(report, "tcpip", "cbor", basic);
    await run(report, "unix", "msgpack", basic);
  },
}];

async function run(
  report: Report,
  transport: "ws" | "tcpip" | "unix",
  serializer: string,
  names: readonly string[],
): Promise<void> {
  const nexus = await openOurNexus();
  const port = transport === "ws" ? await cuttable(nexus.ws) : undefined;
  const program = new Program();
  const ours = await connect(nexus.ws, {
    realm: "izaber",
    auth: ticket("fiona", "fiona-secret"),
    prefix: "com.izaber.wamp",
    reconnect: false,
    timeout: 15_000,
  });
  const yaml = `
default:
  wamp:
    connection:
      username: bruno
      password: bruno-secret
      url: '${port?.url ?? nexus[transport]}'
      serializer: ${serializer}
      timeout: 10
      concurrency_configs:
        two:
          concurrency_max: 2
`;
  const line = { ours: "router", who: "izaber-wamp", version: "3.0.20231125", transport, serializer } as const;
  const stage: Stage = { program, nexus, ours, cut: () => port?.cut() };
  try {
    await report.check(line, {
      "izaber.yaml": async () => {
        same(await program.peer.special("start", { yaml }), { authid: "bruno", role: "backend" }, "whoami");
      },
      ...Object.fromEntries(names.map((name) => [name, () => checks[name]!(stage)])),
    });
  } finally {
    await program.peer.end();
    await ours.close();
    await nexus.close();
    await port?.close();
  }
}
