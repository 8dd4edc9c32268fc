/** Our client in the runtime that runs this: visits the router whose URL is given, and prints what worked. */
import process from "node:process";
import { visit } from "./visit.ts";

console.log(JSON.stringify(await visit(process.argv[2]!)));
process.exit(0);
