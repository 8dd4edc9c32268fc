import { parsePerms } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import { parsePattern } from "./permission_pattern.ts";
import { RuleSet } from "./rule_set.ts";

/** What everything that Nexus serves is called by, and may be called without. */
export const PREFIX = "com.izaber.wamp.";
/** The first element of what the built-in procedures are called, without the prefix. */
const builtIn: ReadonlySet<string> = new Set(["ad", "auth", "directory", "my", "system", "systems"]);

/** Built-in procedures that have another name besides, each with that; a test compares it with what there is. */
export const namesakes: readonly (readonly [name: string, other: string])[] = [
  ["my.metadata.get", "system.preference.get"],
  ["my.metadata.set", "system.preference.set"],
  ["my.otp.list", "my.otps.list"],
  ["my.otp.create", "my.otps.create"],
  ["my.otp.delete", "my.otps.delete"],
  ["my.otp.delete", "system.otp.delete"],
  ["my.otps.delete", "system.otp.delete"],
  ["auth.reauthenticate", "system.reauthenticate"],
  ["auth.is_reauthenticated", "system.is_reauthenticated"],
  ["auth.extend_reauthenticate", "system.extend_reauthenticate"],
  ["ad.users", "directory.users"],
  ["ad.groups", "directory.groups"],
];

/** Built-in procedures that are there with the prefix and without it; a test compares it with what there is. */
export const twiceSpelled: readonly string[] = [
  ...["users", "groups"].map((name) => `ad.${name}`),
  ...["whoami", "reauthenticate", "reauthenticate_expire", "is_reauthenticated", "extend_reauthenticate"].map((name) =>
    `auth.${name}`
  ),
  "auth.refresh_authorizer",
  ...["my.apikeys", "my.otp", "my.otps", "system.otp"].flatMap((group) =>
    ["list", "create", "delete"].map((name) => `${group}.${name}`)
  ),
  ...["get", "set", "list", "delete"].map((name) => `my.metadata.${name}`),
  ...["query", "create", "update", "upsert", "delete", "stats", "bulk_unload"].map((name) => `system.db.${name}`),
  ...["get", "set"].map((name) => `system.document.${name}`),
  ...["query", "register", "unregister"].map((name) => `system.roster.${name}`),
  ...["subscribed", "sync", "vacuum"].map((name) => `system.${name}`),
  ...["otps", "registrations", "sessions"].map((name) => `system.vacuum.${name}`),
  "systems.handle.alerts",
];

const aliases: ReadonlySet<string> = new Set(namesakes.flat());
const names: ReadonlySet<string> = new Set([...twiceSpelled, ...aliases]);

/** What the lines say of one name: how near the line is that decides, and whether it lets it be called. */
interface Verdict {
  readonly near: number;
  readonly isGranted: boolean;
}

/**
 * Makes the lines by which restrictions say of a built-in procedure's other names what they say of one.
 *
 * What names the procedure, or the group it is in, holds for all its names, the nearest first, and what refuses where two are equally near. What refuses more
 * than that, such as `my.*`, refuses the other names, too; nothing so wide allows one.
 *
 * @param lines The restrictions.
 * @param usual The lines that stand behind all others, which refuse what no line names (default none).
 * @returns The lines: those that stand in front of the restrictions, and those that stand behind.
 */
export function linesOfNamesakes(
  lines: readonly PermissionLine[],
  usual: readonly PermissionLine[] = [],
): { readonly before: readonly PermissionLine[]; readonly behind: readonly PermissionLine[] } {
  const behind = lines.flatMap(otherSpelling);
  const rules = new RuleSet([...lines, ...behind, ...usual], 0);
  const before = new Map<string, PermissionLine>();
  const settled = new Map<string, Verdict>();
  const settle = (uri: string, own: Verdict, heard: readonly Verdict[]) => {
    const verdict = [own, ...heard].reduce(nearest);
    if (verdict.isGranted !== own.isGranted) before.set(uri, { uri, perms: verdict.isGranted ? "c" : "" });
    settled.set(uri, verdict);
  };
  // Behind an expression that stands for the first elements is what otherSpelling() does not see.
  for (const name of names) {
    const [prefixed, bare] = [verdictOn(rules, usual, name, PREFIX), verdictOn(rules, usual, name, "")];
    const heard = [prefixed, bare].filter(({ near, isGranted }) => near >= 1 || !isGranted);
    settle(PREFIX + name, prefixed, heard);
    settle(name, bare, heard);
  }
  for (const prefix of [PREFIX, ""]) {
    const said = new Map([...aliases].map((name) => [name, settled.get(prefix + name)!]));
    for (const [name, own] of said) {
      const others = namesakes.filter((pair) => pair.includes(name)).map(([one, other]) => one === name ? other : one);
      settle(prefix + name, own, others.flatMap((other) => holdsForOthers(other, said.get(other)!)));
    }
  }
  return { before: [...before.values()], behind };
}

/** What is said of a name holds for the others when it speaks of the procedure or its group, or refuses the name that people know. */
function holdsForOthers(name: string, verdict: Verdict): Verdict[] {
  const reach = /^(ad|directory)\./.test(name) ? 1 : 2;
  const refusesKnown = !verdict.isGranted && !/^(system|directory)\./.test(name);
  return verdict.near >= reach || refusesKnown ? [verdict] : [];
}

function nearest(one: Verdict, other: Verdict): Verdict {
  if (one.near === other.near) return one.isGranted ? other : one;
  return one.near > other.near ? one : other;
}

function verdictOn(rules: RuleSet, usual: readonly PermissionLine[], name: string, prefix: string): Verdict {
  const decided = rules.decide(prefix + name);
  const line = decided.kind === "conflict"
    ? { ...decided.rules[0]!, perms: "" }
    : decided.kind === "rule" && decided.rule;
  if (!line || usual.includes(line)) return { near: -1, isGranted: false };
  const length = parsePattern(line.uri).elements.length - (prefix === "" ? 0 : 3);
  return { near: Math.max(0, length), isGranted: parsePerms(line.perms).call !== undefined };
}

/** The line of the other name, with the prefix or without, of the built-in procedures that a line is about, if it is about some. */
function otherSpelling({ uri, perms }: PermissionLine): PermissionLine[] {
  // What refuses all with the prefix refuses what is built in without it.
  if (/^com\.(izaber\.(wamp\.)?)?\*$/.test(uri) && parsePerms(perms).call === undefined) {
    return [...builtIn].map((root) => ({ uri: `${root}.*`, perms }));
  }
  const isPrefixed = uri.startsWith(PREFIX);
  const bare = isPrefixed ? uri.slice(PREFIX.length) : uri;
  if (!builtIn.has(bare.split(".", 1)[0]!)) return [];
  return [{ uri: isPrefixed ? bare : PREFIX + bare, perms }];
}
