import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { folderOf } from "./install.ts";
import { freePorts } from "./free_port.ts";
import { joe } from "./our_router.ts";
import { scramDraftCredentials } from "../../src/auth/scram_argon2.ts";
import { ServerProcess } from "./server_process.ts";

/** A Crossbar node: `realm1` for anybody and `secure` for joe, as our own router has them. */
export interface Crossbar {
  readonly ws: string;
  /** Where a cookie is set, and taken in place of a ticket. */
  readonly cookie: string;
  readonly rs: string;
  readonly unix: string;
  /** Ends it and starts it anew, on the same ports. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Starts one. */
export async function startCrossbar(publicKey: string): Promise<Crossbar> {
  const folder = mkdtempSync(join(tmpdir(), "interop-crossbar-"));
  const [web, raw] = await freePorts(2) as [number, number];
  const socket = join(folder, "crossbar.sock");
  mkdirSync(join(folder, ".crossbar"));
  const config = await configOf(web, raw, socket, publicKey);
  writeFileSync(join(folder, ".crossbar", "config.json"), JSON.stringify(config, null, 2));
  const program = join(folderOf("python/crossbar"), "bin", "crossbar");
  const node = new ServerProcess([program, "start", "--cbdir", join(folder, ".crossbar"), "--loglevel", "warn"], {
    cwd: folder,
  });
  await node.start([web, raw]);
  return {
    ws: `ws://127.0.0.1:${web}/ws`,
    cookie: `ws://127.0.0.1:${web}/cookie`,
    rs: `rs://127.0.0.1:${raw}`,
    unix: `unix://${socket}`,
    async restart() {
      await node.stop();
      await node.start([web, raw]);
    },
    async close() {
      await node.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function configOf(web: number, raw: number, socket: string, publicKey: string): Promise<object> {
  const everything = { call: true, register: true, publish: true, subscribe: true };
  const permissions = [{
    uri: "",
    match: "prefix",
    allow: everything,
    disclose: { caller: true, publisher: true },
    cache: true,
  }];
  const roles = ["anonymous", "user"].map((name) => ({ name, permissions }));
  const salting = { salt: "salt123", iterations: 1_000, keylen: 32 };
  const { storedKey, serverKey, salt, kdf, iterations, memory } = await scramDraftCredentials(joe.secret, {
    iterations: 3,
    memory: 16_384,
  });
  const hex = (base64: string) => Buffer.from(base64, "base64").toString("hex");
  const ticket = { type: "static", principals: { joe: { ticket: joe.secret, role: "user" } } };
  const auth = {
    anonymous: { type: "static", role: "anonymous" },
    ticket,
    wampcra: {
      type: "static",
      users: {
        joe: { secret: joe.secret, role: "user" },
        salted: { secret: joe.secret, role: "user", ...salting },
      },
    },
    scram: {
      type: "static",
      principals: {
        joe: {
          kdf,
          iterations,
          memory,
          salt: hex(salt),
          "stored-key": hex(storedKey),
          "server-key": hex(serverKey),
          role: "user",
        },
      },
    },
    cryptosign: { type: "static", principals: { joe: { authorized_keys: [publicKey], role: "user" } } },
  };
  const tcp = (port: number) => ({ type: "tcp", port, interface: "127.0.0.1" });
  const rawAuth = { anonymous: { type: "static", role: "anonymous" }, ticket };
  const rawSerializers = ["json", "msgpack", "cbor"];
  return {
    version: 2,
    workers: [{
      type: "router",
      realms: ["realm1", "secure"].map((name) => ({ name, roles })),
      transports: [
        {
          type: "web",
          endpoint: tcp(web),
          paths: {
            "/": { type: "static", directory: ".." },
            ws: { type: "websocket", serializers: ["json", "msgpack", "cbor"], auth },
            cookie: {
              type: "websocket",
              serializers: ["json"],
              cookie: { name: "cbtid", length: 24, max_age: 86_400, store: { type: "memory" } },
              auth: { ticket, cookie: {} },
            },
          },
        },
        { type: "rawsocket", endpoint: tcp(raw), serializers: rawSerializers, auth: rawAuth },
        { type: "rawsocket", endpoint: { type: "unix", path: socket }, serializers: rawSerializers, auth: rawAuth },
      ],
    }],
  };
}
