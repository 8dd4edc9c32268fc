/** A Nexus under measurement: its user may call, publish, register and subscribe by one of sixty permission lines. Its arguments: realm, login, password. */
import process from "node:process";
import { createNexus, memoryStore, parseSeed } from "../src/nexusd/mod.ts";
import { listen } from "../src/serve/mod.ts";
import { beMeasured } from "./measured.ts";

const [realm, login, password] = process.argv.slice(2);
const others = Array.from({ length: 59 }, (_, i) => `    - { uri: "com.example.department${i}.*", perms: "cs" }`);
const seed = parseSeed(
  `
realm: ${realm}
roles:
  bench:
${others.join("\n")}
    - { uri: "com.example.bench.*", perms: "crsp" }
users:
  - { login: "${login}", password: "${password}", role: "bench" }
`,
  "seed of the bench",
);
const nexus = await createNexus({ store: memoryStore(), seed });
const { url } = await listen(nexus.router);
await beMeasured(url);
