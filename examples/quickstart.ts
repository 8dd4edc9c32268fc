/**
 * Everything in one process: a Nexus that keeps its data in a file, and two users who talk through it over WebSockets.
 *
 * Run it with `npm start`, `deno run -A examples/quickstart.ts` or `bun examples/quickstart.ts`, and then once more: it finds what it kept.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { codecBackend, connect } from "@izaber/wamp";
import { config, connectionOf, initialize, loadConfig, wamp } from "@izaber/wamp/izaber";
import { createNexus, openSqliteStore, parseSeed } from "@izaber/wamp/nexusd";
import { listen } from "@izaber/wamp/serve";

const { values: { data } } = parseArgs({ options: { data: { type: "string", default: "./nexus-data" } } });
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const show = (what: string, value: string) => console.log(`${what.padEnd(12)} ${value}`);

// A Nexus of our own. The seed fills its store once; later starts find users, roles and metadata in it.
const database = join(data, "nexus.db");
const seedFile = here("quickstart_seed.yaml");
const nexus = await createNexus({
  store: openSqliteStore(database),
  seed: parseSeed(await readFile(seedFile, "utf8"), seedFile),
});
const listener = await listen(nexus.router, { port: 0 });
show("nexus", `${listener.url}, realm ${nexus.realm}`);
show("data", `${database}, ${nexus.start.outcome === "seeded" ? "new, filled from the seed" : "found as it was left"}`);

// The frontend user: izaber.yaml says who; only the port is not known before.
const izaberYaml = { config: here("izaber.yaml"), overlays: [{ wamp: { connection: { url: listener.url } } }] };
await initialize(izaberYaml);
const me = await wamp.whoami();
show("whoami", `${me.authid}, role ${me.role} (${config.get("wamp.connection.username")} in izaber.yaml)`);

// The backend user, with a connection of its own.
const { url, options } = connectionOf(await loadConfig({ ...izaberYaml, environment: "backend" }));
const backend = await connect(url, options);

// A procedure for every URI that begins with com.izaber.wamp.example.hello; it sees who calls what.
const hello = await backend.register("example.hello", ([name]: [string], _kwargs, call) => {
  show("callee saw", `caller ${call.caller}, authid ${call.caller_authid}, role ${call.caller_authrole}`);
  show("", `procedure ${call.procedure}`);
  return `Hello ${name}!`;
}, { match: "prefix" });
show("registered", `${hello.procedure} (match: ${hello.match}) by ${backend.details?.authid}`);
show("answer", JSON.stringify(await wamp.call("example.hello.there", ["Fiona"])));

// An event from one to the other.
const events = backend.events("example.news");
await events.ready;
await wamp.publish("example.news", ["it works"], { since: new Date().getFullYear() }, { acknowledge: true });
for await (const { topic, args, kwargs, publisher_authid } of events) {
  show("event", `${topic} ${JSON.stringify(args)} ${JSON.stringify(kwargs)} from ${publisher_authid}`);
  break;
}

// Metadata stays with the user, over sessions and restarts.
const before = await wamp.call<number | null>("my.metadata.get", ["quickstart.runs"]);
await wamp.call("my.metadata.set", ["quickstart.runs", (before ?? 0) + 1]);
const runs = await wamp.call("my.metadata.get", ["quickstart.runs"]);
show("metadata", `quickstart.runs was ${before ?? "not there"}, is ${runs} now`);

show("wire", `serializer ${wamp.serializer}, codec backend ${codecBackend}`);

await backend.close();
await wamp.close();
await nexus.close();
await listener.close();
show(
  "took",
  `${(performance.now() / 1000).toFixed(1)} seconds, from the start of the process to the last connection closed`,
);
