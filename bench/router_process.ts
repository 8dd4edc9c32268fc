/** The router under measurement: the realm of its argument, open to all. */
import process from "node:process";
import { cbor, json, msgpack } from "../src/codec/mod.ts";
import { openRealm, Router } from "../src/router/mod.ts";
import { listen } from "../src/serve/mod.ts";
import { beMeasured } from "./measured.ts";

const router = new Router({ realms: [openRealm(process.argv[2] ?? "bench")], serializers: [json, msgpack, cbor] });
const { url } = await listen(router);
await beMeasured(url);
