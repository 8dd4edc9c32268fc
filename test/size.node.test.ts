import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { root } from "./run/alias.ts";

/** What an entry point weighs in a browser bundle, minified and compressed. */
interface Weight {
  readonly size: number;
  /** The bytes of each folder of the sources before compression. */
  readonly parts: Readonly<Record<string, number>>;
  readonly files: readonly string[];
}

/** Weighs a page that connects with a ticket, and takes no more of an entry point than that. */
async function weigh(entry: string): Promise<Weight> {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: `import { connect, ticket } from "./${entry}"; globalThis.page = { connect, ticket };`,
      resolveDir: root,
    },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.values(metafile.outputs)[0]!.inputs;
  const parts: Record<string, number> = {};
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    const part = file.endsWith("wasm_bytes.ts") ? "WASM" : /^src\/(\w+)\//.exec(file)?.[1] ?? "entry";
    parts[part] = (parts[part] ?? 0) + bytesInOutput;
  }
  return { size: gzipSync(outputFiles[0]!.contents, { level: 9 }).length, parts, files: Object.keys(inputs) };
}

// The aim is 12 KB for ./lite and 40 KB for the whole client; until then neither may grow unnoticed.
test.each([["src/lite.ts", 35_727], ["mod.ts", 56_725]])("%s weighs at most %i bytes", async (entry, most) => {
  const { size, parts } = await weigh(entry);
  console.log(`${entry}: ${size} bytes compressed; before that ${JSON.stringify(parts)}`);
  expect(size).toBeLessThanOrEqual(most);
});

test("./lite has no WASM in it and no binary format; the whole client has both halves of the codec", async () => {
  const codec = /^src\/codec\/(wasm|msgpack|cbor|binary)/;
  expect((await weigh("src/lite.ts")).files.filter((file) => codec.test(file))).toEqual([]);
  expect((await weigh("mod.ts")).files).toEqual(
    expect.arrayContaining(["src/codec/wasm_bytes.ts", "src/codec/msgpack_core.ts", "src/codec/cbor_core.ts"]),
  );
});
