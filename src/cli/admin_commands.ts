import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { given } from "../nexus/nexus_call.ts";
import type { AuditEntry, Finding } from "../nexusd/mod.ts";
import { WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import type { Administrator, AdminOptions } from "./administer.ts";
import { countOf, folderOf } from "./arguments.ts";
import { commandGroup } from "./command_group.ts";
import { ProblemsFound } from "./exit_code.ts";
import { nothingThere } from "./nothing_there.ts";
import { reachesRouter } from "./router_options.ts";

/** The options of a command that administers. */
interface AdminCommandOptions extends AdminOptions {
  readonly json?: boolean;
}

/** The options by which a new password is said. */
interface NewPasswordOptions {
  readonly newPasswordFile?: string;
  readonly noPassword?: boolean;
}

/** The kinds of findings of `lint`. */
const FINDINGS: readonly string[] = Object.keys(
  {
    unusable: true,
    duplicate: true,
    conflict: true,
    shadowed: true,
    redundant: true,
    letters: true,
    unused: true,
    unknown: true,
    ended: true,
    traits: true,
    ignored: true,
  } satisfies Record<Finding["kind"], true>,
);

/** The kinds of entries of `audit`. */
const ENTRIES: readonly string[] = Object.keys(
  { login: true, refused: true, change: true } satisfies Record<AuditEntry["kind"], true>,
);

/** What is known of a user besides login and password. */
interface UserFields {
  readonly role?: string;
  readonly name?: string;
  readonly email?: string;
}

/**
 * Makes the commands of an administrator.
 *
 * @returns `users`, `roles`, `restrictions`, `explain`, `lint`, `audit`, `reload`, `backup`; what they need is loaded when they run.
 */
export function adminCommands(): Command[] {
  return [users(), roles(), restrictions(), explain(), lint(), audit(), reload(), backup()];
}

/**
 * Gives a command the options of one that administers.
 *
 * @param command The command.
 * @returns The same command.
 */
export function administers(command: Command): Command {
  return reachesRouter(command)
    .option("--data <folder>", "work on this data folder, through the server that runs on it if there is one", folderOf)
    .option("--json", "write JSON on one line, as in a pipe");
}

/**
 * Does something as an administrator, and writes what comes of it: a list one by one.
 *
 * @param name The operation.
 * @param input Its parameters; undefined ones are left out.
 * @param options On which data folder or router.
 * @param further `missing`: what it is that is not there where the operation answers false; `after`: what to do besides.
 * @throws {RemoteError} When it is refused, or what it is about is not there.
 */
export async function administerAndPrint(
  name: string,
  input: { readonly [name: string]: unknown },
  options: AdminCommandOptions,
  { missing, after }: { readonly missing?: string; readonly after?: (run: Administrator) => Promise<void> } = {},
): Promise<void> {
  const { administer } = await import("./administer.ts");
  const { printEach } = await import("./terminal.ts");
  await administer(options, async (run) => {
    const result = await run(name, given(input) as Dict);
    if (result === false && missing !== undefined) throw nothingThere(missing);
    if (result !== true && result !== null) printEach(result, options);
    await after?.(run);
  });
}

/** Lists what a warning may be about; undefined where that cannot be had: what there would be a warning of has been done. */
async function listed(run: Administrator, operation: string): Promise<Dict[] | undefined> {
  try {
    return await run(operation) as Dict[];
  } catch {
    return undefined;
  }
}

/** Says that a user's role is none, with which nobody can log in. */
async function warnOfRole(run: Administrator, login: string, role: string | undefined): Promise<void> {
  if (role === undefined) return;
  const roles = await listed(run, "roles.list");
  if (roles === undefined || roles.some((record) => record["role"] === role)) return;
  const { note } = await import("./terminal.ts");
  note(`nexus: there is no role "${role}": ${login} cannot log in until there is; nexus roles save makes one`);
}

/** Says whose role has gone. */
async function warnOfUsers(run: Administrator, role: string): Promise<void> {
  const users = (await listed(run, "users.list"))?.filter((user) => user["role"] === role) ?? [];
  if (users.length === 0) return;
  const { note } = await import("./terminal.ts");
  const logins = users.slice(0, 10).map(({ login }) => login).join(", ") + (users.length > 10 ? " and others" : "");
  note(`nexus: who has the role "${role}" cannot log in any more: ${logins}`);
}

/** By which every Nexus lets in; others are those of its configuration. */
const SOURCES: ReadonlySet<string> = new Set(["local", "otp", "apikey"]);

/** Says that nobody comes by a source, so that it restricts nobody. */
async function warnOfSource(run: Administrator, source: string): Promise<void> {
  if (SOURCES.has(source)) return;
  const place = `restrictions ${source}`;
  const findings = await listed(run, "permissions.lint") ?? [];
  const { note } = await import("./terminal.ts");
  for (const { text } of findings.filter((one) => one["place"] === place && one["kind"] === "unknown")) {
    note(`nexus: that restricts nobody: ${text}`);
  }
}

function users(): Command {
  const fields = (command: Command) =>
    command.option("--role <role>", "the role").option("--name <name>", "the full name").option(
      "--email <address>",
      "the mail address",
    );
  const secret = (command: Command) =>
    command.option("--new-password-file <file>", "the file that holds the new password (default: it is asked for)");
  return commandGroup("users", "The users of a Nexus.", [
    administers(new Command("list")).description("Lists the users.")
      .action((options: AdminCommandOptions) => administerAndPrint("users.list", {}, options)),
    administers(new Command("get")).description("Shows a user.").argument("<login>")
      .action((login: string, options: AdminCommandOptions) => administerAndPrint("users.get", { login }, options)),
    fields(secret(administers(new Command("create")))).description("Makes a user.").argument("<login>")
      .option("--no-password", "without a password: it logs in by API keys only")
      .action(
        async (
          login: string,
          options: AdminCommandOptions & UserFields & { password: boolean } & NewPasswordOptions,
        ) => {
          const { role, name, email } = options;
          const password = options.password ? await newPassword(login, options) : undefined;
          await administerAndPrint("users.create", { login, password, role, name, email }, options, {
            after: (run) => warnOfRole(run, login, role),
          });
        },
      ),
    fields(administers(new Command("update"))).description("Changes a user; what is not said stays.").argument(
      "<login>",
    )
      .action((login: string, { role, name, email, ...options }: AdminCommandOptions & UserFields) =>
        administerAndPrint("users.update", { login, fields: given({ role, name, email }) }, options, {
          after: (run) => warnOfRole(run, login, role),
        })
      ),
    secret(administers(new Command("password"))).description("Gives a user another password.").argument("<login>")
      .action(async (login: string, options: AdminCommandOptions & NewPasswordOptions) =>
        administerAndPrint("users.password", { login, password: await newPassword(login, options) }, options)
      ),
    administers(new Command("delete")).description("Removes a user with all that belongs to it.").argument("<login>")
      .action((login: string, options: AdminCommandOptions) => administerAndPrint("users.delete", { login }, options)),
  ]).addHelpText(
    "after",
    `
Examples:
  nexus users list --data ./nexus-data
  nexus users create ada --role backend --data ./nexus-data     asks for the password
  nexus users list --url wss://nexus.example.com/ws --realm izaber --user admin`,
  );
}

function roles(): Command {
  return commandGroup("roles", "The roles of a Nexus, and what they may do.", [
    administers(new Command("list")).description("Lists the roles.")
      .action((options: AdminCommandOptions) => administerAndPrint("roles.list", {}, options)),
    administers(new Command("get")).description("Shows a role.").argument("<role>")
      .action((role: string, options: AdminCommandOptions) => administerAndPrint("roles.get", { role }, options)),
    administers(new Command("save")).description("Makes a role, or gives one other permissions.").argument("<role>")
      .argument("<permissions...>", "URI=letters each, such as com.example.*=cs", collectPermission)
      .action((role: string, permissions: Dict[], options: AdminCommandOptions) =>
        administerAndPrint("roles.save", { role, permissions }, options)
      ),
    administers(new Command("delete")).description("Removes a role.").argument("<role>")
      .action((role: string, options: AdminCommandOptions) =>
        administerAndPrint("roles.delete", { role }, options, { after: (run) => warnOfUsers(run, role) })
      ),
  ]).addHelpText(
    "after",
    `
Examples:
  nexus roles save reader 'com.example.*=cs' 'com.example.secret=' --data ./nexus-data`,
  );
}

function restrictions(): Command {
  return commandGroup("restrictions", "What sessions may do at most, by how they came.", [
    administers(new Command("list")).description("Lists the restrictions.")
      .action((options: AdminCommandOptions) => administerAndPrint("restrictions.list", {}, options)),
    administers(new Command("save")).description("Restricts the sessions that come by a source.")
      .argument("<source>", "such as apikey")
      .argument("<permissions...>", "URI=letters each", collectPermission)
      .action((source: string, permissions: Dict[], options: AdminCommandOptions) =>
        administerAndPrint("restrictions.save", { source, permissions }, options, {
          after: (run) => warnOfSource(run, source),
        })
      ),
  ]).addHelpText("after", `\nExamples:\n  nexus restrictions save apikey 'my.*=' --data ./nexus-data`);
}

function explain(): Command {
  return administers(new Command("explain"))
    .description("Says whether somebody may do something, and which rule decides.")
    .addArgument(
      new Argument("<action>", "what it wants to do")
        .choices(["call", "register", "subscribe", "publish", "roster_ops", "roster_query"]),
    )
    .argument("<uri>", "the procedure or topic; for roster_ops and roster_query roster.NAME")
    .option("--authid <login>", "as this user")
    .option("--role <role>", "as this role")
    .option("--source <source>", "of a session that came by it, such as apikey")
    .addHelpText("after", `\nExamples:\n  nexus explain call com.example.add --authid ada --data ./nexus-data`)
    .action(
      (
        action: string,
        uri: string,
        options: AdminCommandOptions & { authid?: string; role?: string; source?: string },
      ) => {
        const { authid, role, source } = options;
        return administerAndPrint("permissions.explain", { action, uri, authid, role, source }, options);
      },
    );
}

function lint(): Command {
  return administers(new Command("lint"))
    .description("Finds rules that conflict, never decide or say nothing new; ends with 8 when there are any.")
    .addOption(new Option("--ignore <kinds...>", "pass over findings of these kinds").choices(FINDINGS))
    .addHelpText(
      "after",
      `
Examples:
  nexus lint --data ./nexus-data
  nexus lint --data ./nexus-data --ignore unused redundant`,
    )
    .action(async ({ ignore = [], ...options }: AdminCommandOptions & { ignore?: string[] }) => {
      const { administer } = await import("./administer.ts");
      const { printEach } = await import("./terminal.ts");
      const all = await administer(options, (run) => run("permissions.lint")) as Dict[];
      const findings = all.filter(({ kind }) => !ignore.includes(String(kind)));
      printEach(findings, options);
      if (findings.length > 0) {
        throw new ProblemsFound(`${findings.length} ${findings.length === 1 ? "finding" : "findings"}`);
      }
    });
}

function audit(): Command {
  return administers(new Command("audit"))
    .description("Shows who logged in, was refused or changed something, the newest first.")
    .addOption(new Option("--kind <kind>", "of this kind").choices(ENTRIES))
    .option("--authid <login>", "of this user")
    .option("--limit <number>", "at most so many", countOf, 50)
    .addHelpText("after", `\nExamples:\n  nexus audit --authid ada --data ./nexus-data`)
    .action((options: AdminCommandOptions & { kind?: string; authid?: string; limit: number }) => {
      const { kind, authid, limit } = options;
      return administerAndPrint("audit.list", { kind, authid, limit }, options);
    });
}

function reload(): Command {
  return administers(new Command("reload"))
    .description("Lets a running server read users, roles and keys from its store again.")
    .addHelpText("after", `\nExamples:\n  nexus reload --data ./nexus-data`)
    .action((options: AdminCommandOptions) => administerAndPrint("reload", {}, options));
}

function backup(): Command {
  return new Command("backup")
    .description("Copies the data to a file, also while a server runs on it.")
    .argument("<file>", "where to; there must be nothing yet")
    .requiredOption("--data <folder>", "the data folder", folderOf)
    .addHelpText("after", `\nExamples:\n  nexus backup monday.db --data ./nexus-data`)
    .action(async (file: string, options: AdminCommandOptions) => {
      const { resolve } = await import("node:path");
      await administerAndPrint("backup", { target: resolve(file) }, options);
    });
}

/** Reads `URI=letters`; commander calls it for each one. */
function collectPermission(text: string, before: readonly WampValue[] = []): WampValue[] {
  const at = text.lastIndexOf("=");
  if (at < 1) {
    throw new InvalidArgumentError("Write URI=letters, as in com.example.*=cs, or com.example.secret= for nothing.");
  }
  return [...before, { uri: text.slice(0, at), perms: text.slice(at + 1) }];
}

async function newPassword(
  login: string,
  { newPasswordFile, data, passwordFile }: AdminOptions & NewPasswordOptions,
): Promise<string> {
  if (data !== undefined && passwordFile !== undefined && newPasswordFile === undefined) {
    const text = "--password-file is for who logs in to a router: name the new password with --new-password-file";
    throw new WampError("invalid_argument", text);
  }
  const { readSecret } = await import("./secrets.ts");
  return await readSecret(`New password of ${login}: `, newPasswordFile, "add --new-password-file");
}
