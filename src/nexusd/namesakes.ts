import { parsePerms } from "./permission_language.ts";
import type { PermissionLine } from "./permission_language.ts";
import { parsePattern } from "./permission_pattern.ts";
import { RuleSet } from "./rule_set.ts";

const PREFIX = "com.izaber.wamp.";
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

/** What the lines say of one name: how near the line is that decides, and whether it lets it be called. */
interface Verdict {
  readonly near: number;
  readonly isGranted: boolean;
}

/**
 * Makes the lines by which restrictions say of a built-in procedure's other names what they say of one.
 *
 * What names the procedure, or the group it is in, holds for all its names, the nearest first. What refuses more than that, such as `my.*`, refuses the other
 * names, too; nothing so wide allows one.
 *
 * @param lines The restrictions.
 * @returns The lines: those that stand in front of the restrictions, and those that stand behind.
 */
export function linesOfNamesakes(
  lines: readonly PermissionLine[],
): { readonly before: readonly PermissionLine[]; readonly behind: readonly PermissionLine[] } {
  const behind = lines.flatMap(otherSpelling);
  const rules = new RuleSet([...lines, ...behind], 0);
  const before = new Map<string, PermissionLine>();
  for (const [one, other] of namesakes) {
    for (const prefix of [PREFIX, ""]) {
      const [name, alias] = [prefix + one, prefix + other];
      const [said, saidOfAlias] = [verdictOn(rules, name, prefix), verdictOn(rules, alias, prefix)];
      if (said.isGranted === saidOfAlias.isGranted) continue;
      const isNearer = said.near === saidOfAlias.near ? !said.isGranted : said.near > saidOfAlias.near;
      if (isNearer && (!said.isGranted || said.near >= reachOf(one))) {
        before.set(alias, { uri: alias, perms: said.isGranted ? "c" : "" });
      } else if (!isNearer && saidOfAlias.near >= reachOf(other)) {
        before.set(name, { uri: name, perms: saidOfAlias.isGranted ? "c" : "" });
      }
    }
  }
  return { before: [...before.values()], behind };
}

/** How many elements a line needs to speak of a procedure or its group, and not of others with it. */
function reachOf(name: string): number {
  return /^(ad|directory)\./.test(name) ? 1 : 2;
}

function verdictOn(rules: RuleSet, name: string, prefix: string): Verdict {
  const decided = rules.decide(name);
  if (decided.kind === "none") return { near: -1, isGranted: false };
  const { uri, perms } = decided.kind === "rule" ? decided.rule : { ...decided.rules[0]!, perms: "" };
  const length = parsePattern(uri).elements.length - (prefix === "" ? 0 : 3);
  return { near: Math.max(0, length), isGranted: parsePerms(perms).call !== undefined };
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
