/** The router under measurement: the realm of its first argument, open to all. The second is how many bytes it queues for a client. */
import process from "node:process";
import { cbor, json, msgpack } from "../src/codec/mod.ts";
import { openRealm, Router } from "../src/router/mod.ts";
import { listen } from "../src/serve/mod.ts";
import { beMeasured } from "./measured.ts";

const [realm, highWaterMark] = process.argv.slice(2) as [string, string];
const router = new Router({ realms: [openRealm(realm)], serializers: [json, msgpack, cbor] });
const { url } = await listen(router, { highWaterMark: Number(highWaterMark) });
await beMeasured(url);
