import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { OPERATIONS } from "./contestants.ts";
import type { Operation } from "./contestants.ts";
import { meanOf, namesOf } from "./means.ts";
import type { Report, Result } from "./measure.ts";

const PEERS = ["@msgpack/msgpack", "msgpackr", "cbor-x", "cbor2"];
/** So much slower than the best peer is a loss, not noise. */
const MARGIN = 1.05;

/** What holds by geometric mean, and what was expected. */
const expectations: readonly (readonly [string, Operation, string, string, number])[] = [
  ["decode, WASM against msgpackr", "decode", "msgpackr", "msgpack, WASM", 1.5],
  ["decode, WASM against cbor-x", "decode", "cbor-x", "cbor, WASM", 1.5],
  ["decode, WASM against @msgpack/msgpack", "decode", "@msgpack/msgpack", "msgpack, WASM", 2.5],
  ["decode, WASM against TypeScript", "decode", "msgpack, TypeScript", "msgpack, WASM", 2],
  ["encode against msgpackr", "encode", "msgpackr", "msgpack, WASM", 1.3],
  ["pass-through against @msgpack/msgpack", "pass-through", "@msgpack/msgpack", "msgpack, WASM", 10],
];

const NOTES = `## What limits the numbers, and what was tried

- *Decode.* The WASM core takes a quarter of the time (a 64 KB result: 50 of 170 us on V8), making JavaScript values the rest: objects at 10 ns a
  key, texts. Texts are gathered by the core and cut out of one string, keys come interned, lists of numbers are made in their length and stay bare
  floats, which halved telemetry. Tried for objects on V8: to copy one of the same keys and overwrite it (180 ns for nine keys, 100 when they are set one
  by one), \`Object.fromEntries\` (390); constructors made for their keys would need \`new Function\`, which pages with a policy refuse. msgpackr and cbor-x
  make objects one key at a time, too: with equal work per key the gain that is left is that of parsing, 1.6 to 1.8 times on the 900 B and 64 KB results.
- *Short messages* are where decoding loses or draws: 39 B call, batch of 50 such, 100 B event. Of 180 to 200 ns for the call the core takes 34, copying
  the bytes in 11, making values 130: mostly its two texts, which take every parser as long. Gathering helps from 64 bytes of texts on: to call the
  runtime's decoder takes 70 ns on Node, 24 letters by their codes 30 to 40.
  In the batch a view of each message (27 ns) and a step of its iterator come on top, where the others are handed their frames one by one.
  *Blob*: 190 ns of msgpackr are 280 here, the head of a large piece being searched for, and a tape written, for five values.
  *Chinese text*: two calls of the runtime's decoder for long texts are most of it.
- *Core against TypeScript* is 2 to 3 for the core's own work, less with the materializer that both share.
- *Blobs* and frames beyond 96 KB take the TypeScript half: copying them into the core's memory was most of the work. Encoding one still copies it
  once more than the others do, out of the memory that values are written to.
- *Encode* is TypeScript on both sides: strings would have to cross into WASM one by one. A message and its payload are written in one pass, and the
  payload is that part of the frame for whoever gets it next: 1.15 to 1.2 times as fast as to put a payload behind its header. It wins where there are
  objects or floats (900 B, 64 KB, telemetry: 1.1 to 1.4 times msgpackr) and draws on what is mostly one text (39 B call, Chinese) or one piece of binary:
  what remains there is a loop over characters, copying, a view of the frame (27 ns), and what a payload has to remember. The 64 KB blob is copied twice, into
  memory that is kept and out of it; msgpackr copies it once. On JavaScriptCore the speed depends on what
  ran before, by a factor of two.
- *Scan and dispatch*: the core has room for 131,072 URIs and patterns; what is past that is read as text and looked up. It finds patterns
  in one pass over the bytes of a URI, which the router's tables do by trees of text.
- *JSON* frames are strings on every transport of this package. To encode one as UTF-8 and let the core scan it takes less time than to go through its
  characters in TypeScript, from calls of 49 characters (1.1 to 1.3 times) to 64 KB (2 times on JavaScriptCore, 4 to 6 on V8). Text that is not
  ASCII is the exception (0.3 times: the runtimes' encoders are slow there), which some of its characters give away; it is left to TypeScript. Values
  are made by \`JSON.parse\`, which no core would beat.
- *Batches* are scanned up to 64 messages a call, where they lie. What is left per message is its head and payload objects, and for the
  pass-through row a frame of its own: 50 of these are joined again.
- *Pass-through* does not depend on what is in a payload but on its texts, which are checked: nobody's invalid UTF-8 ends a subscriber's session. It
  is 10 times and more as fast as decoding and encoding from some hundred bytes on. A 39 B call is bound by what any router has to make, a head, a
  payload, a view of the new frame (50 ns together), and by the core's scan (60): it is 3 to 4 times as fast, and a batch of 50 such 2.5 times; a
  64 KB blob by copying it behind its new header, which is most of what the others do, too: 1.4 times. These three rows hold the mean down.
`;

/**
 * Writes the results as Markdown.
 *
 * @param reports One of each runtime.
 * @returns The page.
 */
export function codecMarkdown(reports: readonly Report[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ratios = expectations.map(([text, operation, slow, fast, expected]) => {
    const values = reports.map((report) => meanOf(report, operation, slow)! / meanOf(report, operation, fast)!);
    return line([
      text,
      ...values.map((value) => `${value.toFixed(2)} x${value < expected ? " \u2717" : ""}`),
      `${expected} x`,
    ]);
  });
  return `# What the codec costs

![Geometric means](codec.svg)

Nanoseconds, the median of many turns, everyone in turn with everyone else. *scan* reads the head of a message, whose procedure is registered, and checks all of it; *decode* makes
values of the whole frame; *encode* makes a frame of values; *pass-through* puts a new header around a payload, for which the others must decode and
encode. \`\u2717\` marks what is more than 5 % slower than the fastest package of the same format, and above, what is less than expected.

${line(["geometric means", ...reports.map((report) => report.runtime), "expected"])}
${line(["---", ...reports.map(() => "---:"), "---:"])}
${ratios.join("\n")}

${NOTES}
${reports.map((report) => section(report, line)).join("\n")}
${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${
    Math.round(totalmem() / 2 ** 30)
  } GiB, ${type()} ${release()}; ${
    PEERS.map((name) => `${name} ${versionOf(name)}`).join(", ")
  }. msgpackr and cbor-x have their native
add-ons on Node. Made by \`npm run bench:codec\`.
`;
}

function section(report: Report, line: (cells: readonly string[]) => string): string {
  const tables = OPERATIONS.map((operation) => {
    const names = namesOf(report, operation);
    const rows = [...new Set(report.results.map((one) => one.message))].map((message) => {
      const row = report.results.filter((one) => one.operation === operation && one.message === message);
      return line([message, ...names.map((name) => cell(row, name))]);
    });
    const means = names.map((name) => `**${number(meanOf(report, operation, name)!)}**`);
    return `${line([operation, ...names])}\n${line(["---", ...names.map(() => "---:")])}\n${rows.join("\n")}\n${
      line(["**geometric mean**", ...means])
    }\n`;
  });
  return `## ${report.runtime}\n\n${tables.join("\n")}\n${dispatch(report, line)}`;
}

function dispatch(report: Report, line: (cells: readonly string[]) => string): string {
  const names = [...new Set(report.dispatch.map((one) => one.contestant))];
  const sizes = [...new Set(report.dispatch.map((one) => one.registrations))];
  const rows = sizes.map((size) =>
    line([
      size,
      ...names.map((name) =>
        number(report.dispatch.find((one) => one.registrations === size && one.contestant === name)!.nanoseconds)
      ),
    ])
  );
  return `${line(["scan and dispatch", ...names])}\n${line(["---", ...names.map(() => "---:")])}\n${rows.join("\n")}\n`;
}

function cell(row: readonly Result[], name: string): string {
  const own = row.find((one) => one.contestant === name);
  if (own === undefined) return "";
  const peers = row.filter((one) => !one.ours && one.format === own.format).map((one) => one.nanoseconds);
  const lost = own.ours && peers.length > 0 && own.nanoseconds > Math.min(...peers) * MARGIN;
  return number(own.nanoseconds) + (lost ? " \u2717" : "");
}

function number(nanoseconds: number): string {
  return Math.round(nanoseconds).toLocaleString("en");
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
}
