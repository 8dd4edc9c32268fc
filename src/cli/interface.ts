import type { Client } from "../client/client.ts";
import { isDict } from "../wire/values.ts";
import type { Dict } from "../wire/values.ts";
import { property, typeOfSchema } from "./json_schema.ts";
import { registrationDetails } from "./realm_rows.ts";
import type { RealmQuestion } from "./realm_rows.ts";

/** A procedure, and what its callee says of it. */
export interface KnownProcedure {
  /** Its URI. */
  readonly uri: string;
  /** JSON Schemas of `args`, `kwargs` and `result`; empty where nothing was said. */
  readonly document: Dict;
}

/**
 * Reads the procedures of a realm that are registered by their complete URI.
 *
 * @param wamp A client in it.
 * @param question Which are wanted.
 * @returns The procedures, in the order of their URIs.
 */
export async function readProcedures(wamp: Client, question: RealmQuestion = {}): Promise<KnownProcedure[]> {
  const details = await registrationDetails(wamp, question);
  return details
    .filter(({ match }) => match === "exact")
    .map(({ uri, _document: document }) => ({ uri: String(uri), document: isDict(document) ? document : {} }))
    .sort((a, b) => a.uri < b.uri ? -1 : 1);
}

/**
 * Writes the interface that `connect<Api>()` takes.
 *
 * @param name What it is called.
 * @param procedures The procedures.
 * @param prefix What their URIs are relative to; those that do not begin so are left out.
 * @returns The text of a module.
 */
export function interfaceOf(name: string, procedures: readonly KnownProcedure[], prefix: string): string {
  const before = prefix === "" ? "" : `${prefix}.`;
  const lines = procedures.filter(({ uri }) => uri.startsWith(before)).map(({ uri, document }) =>
    `    ${property(uri.slice(before.length))}: { ${membersOf(document).join("; ")} };\n`
  );
  return `/** Made by \`nexus types\`. */\nexport interface ${name} {\n  procedures: {\n${lines.join("")}  };\n}\n`;
}

function membersOf({ args, kwargs, result }: Dict): string[] {
  return [
    `args: ${args === undefined ? "unknown[]" : typeOfSchema(args)}`,
    `kwargs: ${kwargs === undefined ? "{ [name: string]: unknown }" : typeOfSchema(kwargs)}`,
    `result: ${result === undefined ? "unknown" : typeOfSchema(result)}`,
  ];
}
