import { isDict } from "../wire/values.ts";
import type { Dict, WampValue } from "../wire/values.ts";

const PRIMITIVES: { readonly [type: string]: string } = {
  string: "string",
  number: "number",
  integer: "number",
  boolean: "boolean",
  null: "null",
};
/** Deeper than this a schema is taken for one that refers to itself. */
const DEEPEST = 32;
/** So many parts of a schema are written; one that refers to others again and again has no end otherwise. */
const PARTS = 10_000;

/**
 * Writes a JSON Schema as a TypeScript type; what has no type of its own there, such as limits and patterns, is left out.
 *
 * @param schema The schema.
 * @returns The type; `unknown` where the schema says nothing that a type can.
 */
export function typeOfSchema(schema: WampValue): string {
  return new SchemaWriter(schema).write(schema, 0);
}

class SchemaWriter {
  readonly #root: WampValue;
  #left = PARTS;

  constructor(root: WampValue) {
    this.#root = root;
  }

  write(schema: WampValue, depth: number): string {
    if (!isDict(schema) || depth > DEEPEST || this.#left === 0) return "unknown";
    this.#left--;
    const { $ref, anyOf, oneOf, allOf, type } = schema;
    if (typeof $ref === "string") return this.write(this.#found($ref), depth + 1);
    if ("const" in schema) return literal(schema["const"]);
    if (Array.isArray(schema["enum"])) return union(schema["enum"].map(literal));
    if (Array.isArray(anyOf)) return union(anyOf.map((one) => this.write(one, depth + 1)));
    if (Array.isArray(oneOf)) return union(oneOf.map((one) => this.write(one, depth + 1)));
    if (Array.isArray(allOf)) return allOf.map((one) => `(${this.write(one, depth + 1)})`).join(" & ");
    if (Array.isArray(type)) return union(type.map((one) => this.#plain(String(one), schema, depth)));
    if (typeof type === "string") return this.#plain(type, schema, depth);
    if ("properties" in schema) return this.#object(schema, depth);
    return "items" in schema || "prefixItems" in schema ? this.#array(schema, depth) : "unknown";
  }

  #plain(type: string, schema: Dict, depth: number): string {
    if (type === "object") return this.#object(schema, depth);
    return type === "array" ? this.#array(schema, depth) : PRIMITIVES[type] ?? "unknown";
  }

  #object({ properties, required, additionalProperties }: Dict, depth: number): string {
    const needed = new Set<WampValue>(Array.isArray(required) ? required : []);
    const members = Object.entries(isDict(properties) ? properties : {}).map(([name, schema]) =>
      `${property(name)}${needed.has(name) ? "" : "?"}: ${this.write(schema, depth + 1)}`
    );
    if (isDict(additionalProperties)) members.push(`[name: string]: ${this.write(additionalProperties, depth + 1)}`);
    else if (members.length === 0) members.push("[name: string]: unknown");
    return `{ ${members.join("; ")} }`;
  }

  #array({ prefixItems, items, minItems }: Dict, depth: number): string {
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    const least = typeof minItems === "number" ? minItems : first.length;
    const elements = first.map((item, index) => `${this.write(item, depth + 1)}${index < least ? "" : "?"}`);
    if (first.length === 0) return `(${items === undefined ? "unknown" : this.write(items, depth + 1)})[]`;
    if (isDict(items)) elements.push(`...(${this.write(items, depth + 1)})[]`);
    return `[${elements.join(", ")}]`;
  }

  #found(reference: string): WampValue {
    if (!reference.startsWith("#")) return undefined;
    return reference.slice(1).split("/").filter((part) => part !== "").reduce<WampValue>((value, part) => {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      return isDict(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    }, this.#root);
  }
}

function literal(value: WampValue): string {
  return typeof value === "object" && value !== null ? "unknown" : JSON.stringify(value) ?? "unknown";
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ") || "never";
}

/**
 * Writes the name of a property, in quotes where it needs them.
 *
 * @param name The name.
 * @returns What stands before its type.
 */
export function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}
