/** The router under measurement: the realm of its argument, open to all. */
import process from "node:process";
import { cbor, json, msgpack } from "../src/codec/mod.ts";
import { openRealm, Router } from "../src/router/mod.ts";
import { listen } from "../src/serve/mod.ts";
import { beMeasured } from "./measured.ts";

const [realm] = process.argv.slice(2) as [string];
const router = new Router({ realms: [openRealm(realm)], serializers: [json, msgpack, cbor] });
const { url } = await listen(router);
await beMeasured(url);
