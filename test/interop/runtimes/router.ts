/** Our router in the runtime that runs this: prints its URL, and stays until its input ends. */
import process from "node:process";
import { openRealm, Router } from "../../../src/router/mod.ts";
import { listen } from "../../../src/serve/mod.ts";

const listener = await listen(new Router({ realms: [openRealm("realm1")] }));
console.log(listener.url);
process.stdin.on("end", () => process.exit(0)).resume();
