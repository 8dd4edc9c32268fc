// What the drivers in JavaScript have in common: lines of JSON in and out, and values that JSON does not have.
"use strict";
const { createRequire } = require("node:module");

/** Loads a package of the peers' own prefix. */
exports.load = createRequire(process.env.INTEROP_NPM + "/package.json");

function toPlain(value) {
  if (value === undefined) return { $undefined: true };
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value === "number") {
    if (Number.isFinite(value) && !Object.is(value, -0) && !(Number.isInteger(value) && Math.abs(value) > 2 ** 53)) {
      return value;
    }
    return { $float: Object.is(value, -0) ? "-0" : String(value) };
  }
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof ArrayBuffer) return { $bytes: Buffer.from(value).toString("hex") };
  if (ArrayBuffer.isView(value)) {
    return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex") };
  }
  if (value && value._bsontype === undefined && typeof value.toFixed === "function" && value.s !== undefined) {
    return { $int: value.toFixed(0) }; // a BigNumber
  }
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Map) return { $map: [...value].map(([key, one]) => [toPlain(key), toPlain(one)]) };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, one]) => [key, toPlain(one)]);
    return entries.some(([key]) => key.startsWith("$")) ? { $dict: entries } : Object.fromEntries(entries);
  }
  return value;
}

function fromPlain(plain) {
  if (Array.isArray(plain)) return plain.map(fromPlain);
  if (typeof plain !== "object" || plain === null) return plain;
  const [tag, content] = Object.entries(plain)[0] ?? [];
  switch (tag) {
    case "$int":
      return BigInt(content);
    case "$float":
      return Number(content);
    case "$bytes":
      return new Uint8Array(Buffer.from(content, "hex"));
    case "$date":
      return new Date(content);
    case "$undefined":
      return undefined;
    case "$dict":
      return Object.fromEntries(content.map(([key, one]) => [key, fromPlain(one)]));
  }
  return Object.fromEntries(Object.entries(plain).map(([key, one]) => [key, fromPlain(one)]));
}

function write(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

exports.toPlain = toPlain;
exports.fromPlain = fromPlain;

/** Says what a procedure or a subscription saw. */
exports.note = (key, note) => write({ key, note: toPlain(note) });

/** An error with a URI, as a peer tells it. */
exports.failure = (uri, message, args = [], kwargs = {}) => Object.assign(new Error(message), { uri, args, kwargs });

/** Runs the operations that come in, several at once; ends with its input. */
exports.serve = (operations) => {
  console.log = console.warn = console.error;
  const run = async (line) => {
    const { id, op, ...values } = JSON.parse(line);
    try {
      for (const name of ["args", "kwargs"]) if (name in values) values[name] = fromPlain(values[name]);
      const ok = await operations[op](values);
      write({ id, ok: toPlain(ok === undefined ? null : ok) });
    } catch (error) {
      const { uri = "", message = String(error), args = [], kwargs = {} } = error ?? {};
      write({ id, error: { uri, message: message || uri, args: toPlain(args), kwargs: toPlain(kwargs) } });
    }
  };
  let rest = ""; // node:readline would split at U+2028, too
  process.stdin.setEncoding("utf8").on("data", (text) => {
    const complete = (rest + text).split("\n");
    rest = complete.pop();
    for (const line of complete) run(line);
  }).on("end", () => process.exit(0));
};
