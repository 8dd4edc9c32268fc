import * as msgpackOfficial from "@msgpack/msgpack";
import { Packr } from "msgpackr";
import { Encoder as CborX } from "cbor-x";
import { createCbor, createMsgpack, Payload } from "../../src/codec/mod.ts";
import type { Serializer } from "../../src/codec/mod.ts";
import { Slot } from "../../src/codec/core.ts";
import type { CodecCore } from "../../src/codec/core.ts";
import { CborCore } from "../../src/codec/cbor_core.ts";
import { MsgpackCore } from "../../src/codec/msgpack_core.ts";
import { fromBase64 } from "../../src/codec/base64.ts";
import { WASM_BASE64 } from "../../src/codec/wasm_bytes.ts";
import { WasmCore } from "../../src/codec/wasm_core.ts";
import { WasmMemory } from "../../src/codec/wasm_memory.ts";
import { messages } from "./messages.ts";

const memory = new WasmMemory(new WebAssembly.Module(fromBase64(WASM_BASE64)));
const mpTwin = new MsgpackCore(128), cbTwin = new CborCore(128);
const mpWasm = new WasmCore(memory, mpTwin, 128), cbWasm = new WasmCore(memory, cbTwin, 128);
const S: Record<string, Serializer> = {
  "mp wasm": createMsgpack(),
  "mp twin": createMsgpack({ backend: "typescript" }),
  "cb wasm": createCbor(),
  "cb twin": createCbor({ backend: "typescript" }),
};
const packr = new Packr({ useRecords: false });
const cborx = new CborX({ useRecords: false, mapsAsObjects: true });
let sink: unknown;
const rounds = 25;
function run(cases: Record<string, () => void>) {
  const names = Object.keys(cases);
  const iters: Record<string, number> = {};
  for (const n of names) {
    let c = 1;
    for (;;) {
      const t = performance.now();
      for (let i = 0; i < c; i++) cases[n]!();
      const d = performance.now() - t;
      if (d > 4) {
        iters[n] = Math.max(1, Math.round(c * 4 / d));
        break;
      }
      c *= 2;
    }
  }
  const times: Record<string, number[]> = Object.fromEntries(names.map((n) => [n, []]));
  for (let r = 0; r < rounds; r++) {
    for (let k = 0; k < names.length; k++) {
      const n = names[(k + r) % names.length]!;
      const c = iters[n]!;
      const f = cases[n]!;
      const t = performance.now();
      for (let i = 0; i < c; i++) f();
      times[n]!.push((performance.now() - t) / c * 1e6);
    }
  }
  return Object.fromEntries(names.map((n) => [n, Math.min(...times[n]!)]));
}
const header = new Float64Array(Slot.count);
const scanOf = (core: CodecCore, f: Uint8Array) => () => {
  core.scan(f, 0, f.length, header);
};
const decodeOf = (s: Serializer, f: Uint8Array<ArrayBuffer>) => () => {
  const h = s.scan(f);
  sink = h.options;
  sink = h.payload.args;
  sink = h.payload.kwargs;
};
const tapeOf = (core: CodecCore, f: Uint8Array) => () => {
  sink = core.decode(f, 0, f.length);
};
const ops = (process.argv[2] ?? "scan,tape,decode").split(",");
const geo: Record<string, number[]> = {};
for (const m of messages) {
  const full = [...m.header, m.args, ...(Object.keys(m.kwargs).length ? [m.kwargs] : [])];
  const mp = S["mp twin"]!.encode(m.header, Payload.of(m.args, m.kwargs)) as Uint8Array<ArrayBuffer>;
  const cb = S["cb twin"]!.encode(m.header, Payload.of(m.args, m.kwargs)) as Uint8Array<ArrayBuffer>;
  for (const op of ops) {
    const cases: Record<string, () => void> = {};
    if (op === "scan") {
      cases["mp wasm"] = scanOf(mpWasm, mp);
      cases["mp twin"] = scanOf(mpTwin, mp);
      cases["cb wasm"] = scanOf(cbWasm, cb);
      cases["cb twin"] = scanOf(cbTwin, cb);
    }
    if (op === "tape") {
      cases["mp wasm"] = tapeOf(mpWasm, mp);
      cases["mp twin"] = tapeOf(mpTwin, mp);
      cases["cb wasm"] = tapeOf(cbWasm, cb);
      cases["cb twin"] = tapeOf(cbTwin, cb);
    }
    if (op === "decode") {
      for (const n of Object.keys(S)) cases[n] = decodeOf(S[n]!, n.startsWith("mp") ? mp : cb);
      cases["@msgpack"] = () => {
        sink = msgpackOfficial.decode(mp);
      };
      cases["msgpackr"] = () => {
        sink = packr.unpack(mp);
      };
      cases["cbor-x"] = () => {
        sink = cborx.decode(cb);
      };
    }
    if (op === "whole") {
      for (const n of Object.keys(S)) {
        const f = n.startsWith("mp") ? mp : cb;
        const s = S[n]!;
        cases[n] = () => {
          sink = s.decode(f, 0, f.length);
        };
      }
      cases["msgpackr"] = () => {
        sink = packr.unpack(mp);
      };
      cases["cbor-x"] = () => {
        sink = cborx.decode(cb);
      };
    }
    if (op === "encode") {
      for (const n of Object.keys(S)) {
        const s = S[n]!;
        cases[n] = () => {
          sink = s.encode(m.header, Payload.of(m.args, m.kwargs));
        };
      }
      cases["@msgpack"] = () => {
        sink = msgpackOfficial.encode(full);
      };
      const enc = new msgpackOfficial.Encoder();
      cases["@msgpack reused"] = () => {
        sink = enc.encode(full);
      };
      cases["msgpackr"] = () => {
        sink = packr.pack(full);
      };
      cases["cbor-x"] = () => {
        sink = cborx.encode(full);
      };
      cases["JSON"] = () => {
        sink = JSON.stringify(full);
      };
    }
    const r = run(cases);
    for (const k in r) (geo[`${op} ${k}`] ??= []).push(r[k]!);
    console.log(
      `${op.padEnd(7)} ${m.name.padEnd(13)} ${mp.length}  ` +
        Object.entries(r).map(([k, v]) => `${k} ${v.toFixed(0)}`).join("  "),
    );
  }
}
console.log(
  "geomean: " +
    Object.entries(geo).map(([k, v]) =>
      `${k} ${Math.exp(v.reduce((a, b) => a + Math.log(b), 0) / v.length).toFixed(0)}`
    ).join("  "),
);
if (sink === 1) console.log(sink);
