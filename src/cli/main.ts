/**
 * The `nexus` command. Importing this module runs it: `deno run -A jsr:@izaber/wamp/cli serve --data nexus-data`.
 *
 * @module
 */
import process from "node:process";
import { run } from "./program.ts";

process.exitCode = await run(process.argv.slice(2));
