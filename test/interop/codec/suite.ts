import fc from "fast-check";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { createCodec, Extension } from "../../../src/codec/mod.ts";
import type { Serializer } from "../../../src/codec/mod.ts";
import type { WampValue } from "../../../src/wire/values.ts";
import { fromHex, toHex, values } from "../../support/codec_values.ts";
import { peers, pythonOf } from "../install.ts";
import type { Report } from "../report.ts";
import type { Suite } from "../suite.ts";
import { canonical, canonicalText } from "./canonical.ts";
import type { Canonical } from "./canonical.ts";

type Format = "msgpack" | "cbor";

const VALUES = 2_000;
const SEED = 20_251_121;
const packages = { msgpack: "msgpack", cbor: "cbor2" } as const;
const backends = ["wasm", "typescript"] as const;

/** Values written here and read by Python's packages, and the other way. */
export const codecSuite: Suite = {
  name: "codec",
  needs: ["python/codec"],
  async run(report) {
    for (const format of ["msgpack", "cbor"] as const) await exchange(report, format);
  },
};

async function exchange(report: Report, format: Format): Promise<void> {
  const [version = ""] = python("versions", format, []);
  const who = `Python's ${packages[format]}`;
  const sample = sampleOf(format);
  for (const backend of backends) {
    const serializer = createCodec({ backend, mapKeys: "map" })[format];
    await report.check({ ours: "both", who, version, transport: backend, serializer: format }, {
      [`${VALUES} values from here to Python`]: () => toPython(format, serializer, sample),
      [`${VALUES} values from Python to here`]: () => fromPython(format, serializer, sample),
    });
  }
}

function toPython(format: Format, serializer: Serializer, sample: readonly WampValue[]): Promise<void> {
  const lines = sample.map((value) => toHex(serializer.encodeValue(value).data as Uint8Array));
  const read = python("decode", format, lines);
  return compare(sample, lines, (index) => JSON.parse(read[index]!));
}

function fromPython(format: Format, serializer: Serializer, sample: readonly WampValue[]): Promise<void> {
  const lines = python("encode", format, sample.map((value) => JSON.stringify(canonical(value))));
  return compare(sample, lines, (index) => {
    const bytes = fromHex(lines[index]!);
    return canonical(serializer.decode(bytes, 0, bytes.length));
  });
}

function compare(
  sample: readonly WampValue[],
  lines: readonly string[],
  read: (index: number) => Canonical,
): Promise<void> {
  const differences: string[] = [];
  sample.forEach((value, index) => {
    const wanted = canonicalText(canonical(value));
    let found: string;
    try {
      found = canonicalText(read(index));
    } catch (error) {
      found = `${error}`;
    }
    if (found !== wanted) differences.push(`${wanted} came as ${found}, encoded ${lines[index]}`);
  });
  const few = differences.slice(0, 3).join("\n");
  return differences.length === 0
    ? Promise.resolve()
    : Promise.reject(new Error(`${differences.length} differ:\n${few}`));
}

function python(operation: "versions" | "encode" | "decode", format: Format, lines: readonly string[]): string[] {
  const driver = join(peers, "python", "codec_driver.py");
  const input = lines.map((line) => `${line}\n`).join("");
  const { status, stdout, stderr } = spawnSync(pythonOf("python/codec"), [driver, operation, format], {
    input,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
  });
  if (status !== 0) throw new Error(`Python failed: ${stderr}`);
  return stdout.trimEnd().split("\n");
}

/** The same values every time: those that all serializers carry, and what the format has besides. */
function sampleOf(format: Format): WampValue[] {
  const date = fc.date({ min: new Date("1900-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });
  // Python has no data type for tags 4 and 5 that it would write as a float.
  const own: fc.Arbitrary<unknown> = format === "msgpack"
    ? fc.tuple(fc.integer({ min: 0, max: 127 }), fc.uint8Array({ maxLength: 40 }))
      .map(([type, data]) => new Extension(type, new Uint8Array(data)))
    : fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }).filter((value) => value > 2n ** 53n || value < -(2n ** 53n));
  const odd = fc.constantFrom(Infinity, -Infinity, NaN, 1e20, -1e300, 2 ** 53);
  const keyed = fc.array(fc.tuple(fc.oneof(fc.integer(), fc.string()), values), { minLength: 1, maxLength: 5 })
    .map((entries) => new Map(entries)).filter((map) => [...map.keys()].some((key) => typeof key === "number"));
  const special = fc.oneof(date, own, odd, keyed);
  const value = fc.oneof(values, special, fc.array(fc.oneof(values, special), { maxLength: 8 }));
  return fc.sample(value as fc.Arbitrary<WampValue>, { numRuns: VALUES, seed: SEED });
}
