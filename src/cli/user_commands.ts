import { Command } from "commander";
import type { ApiKeyOptions, Nexus } from "../nexus/mod.ts";
import { given } from "../nexus/nexus_call.ts";
import { WampError } from "../wire/errors.ts";
import { administerAndPrint } from "./admin_commands.ts";
import { valueOf } from "./arguments.ts";
import { commandGroup } from "./command_group.ts";
import { nothingThere } from "./nothing_there.ts";
import { reachesRouter } from "./router_options.ts";
import type { RouterOptions } from "./router_options.ts";

/** The options of a command that asks a Nexus something. */
interface AskingOptions extends RouterOptions {
  readonly json?: boolean;
}

function asking(name: string, description: string): Command {
  return reachesRouter(new Command(name))
    .description(description)
    .option("--json", "write JSON on one line, as in a pipe");
}

/** The options of a command that an administrator can give for any user, too. */
interface KeyOptions extends AskingOptions {
  readonly data?: string;
  readonly login?: string;
}

function asksForKeys(name: string, description: string): Command {
  return asking(name, description)
    .option("--login <login>", "as an administrator: of this user")
    .option("--data <folder>", "as the owner of this data folder, through the server that runs on it if there is one");
}

/** Does it for the session's own user, or as an administrator for any; `missing` is what may not be there. */
async function askOrAdminister(
  options: KeyOptions,
  own: (nexus: Nexus) => Promise<unknown>,
  operation: string,
  input: { readonly [name: string]: unknown },
  missing?: string,
): Promise<void> {
  const { login, data } = options;
  if (login === undefined && data === undefined) return await ask(options, own);
  if (operation.endsWith(".create") && login === undefined) {
    throw new WampError("invalid_argument", "say for whom: add --login, the name of the user");
  }
  await administerAndPrint(operation, input, options, missing === undefined ? {} : { missing });
}

/** Removes what is there: a Nexus says nothing of what was not. */
async function removeOwn(
  records: { list(): Promise<readonly { readonly uuid: string }[]>; delete(uuid: string): Promise<void> },
  uuid: string,
  what: string,
): Promise<void> {
  // Some releases cannot list one-time passwords.
  const known = await records.list().catch(() => undefined);
  if (known !== undefined && known.every((record) => record.uuid !== uuid)) throw nothingThere(what);
  await records.delete(uuid);
}

/** Asks a Nexus something, and writes what it says: a list one by one. */
async function ask(options: AskingOptions, question: (nexus: Nexus) => Promise<unknown>): Promise<void> {
  const { withRouter } = await import("./router_client.ts");
  const { nexus } = await import("../nexus/mod.ts");
  const { printEach } = await import("./terminal.ts");
  await withRouter(options, async (wamp) => {
    const answer = await question(nexus(wamp));
    if (answer !== undefined) printEach(answer, options);
  });
}

/**
 * Makes the commands by which users ask a Nexus of what is theirs.
 *
 * @returns `whoami`, `roster`, `metadata`, `apikeys`, `otp`; what they need is loaded when they run.
 */
export function userCommands(): Command[] {
  return [whoami(), roster(), metadata(), apiKeys(), oneTimePasswords()];
}

function whoami(): Command {
  return asking("whoami", "Says who the session belongs to.")
    .addHelpText("after", "\nExamples:\n  nexus whoami --user ada\n  nexus whoami --context live")
    .action((options: AskingOptions) => ask(options, (nexus) => nexus.whoami()));
}

function roster(): Command {
  return asking("roster", "Lists who is on a roster.")
    .argument("<name>", "the roster")
    .addHelpText("after", "\nExamples:\n  nexus roster roster.printers --user ada")
    .action((name: string, options: AskingOptions) => ask(options, (nexus) => nexus.roster.query(name)));
}

function metadata(): Command {
  const get = asking("get", "Writes a value.").argument("<key>", "its key")
    .action((key: string, options: AskingOptions) => ask(options, (nexus) => nexus.metadata.get(key)));
  const set = asking("set", "Puts a value away.").argument("<key>", "its key").argument("<value>", "JSON or text")
    .action((key: string, value: string, options: AskingOptions) =>
      ask(options, async (nexus) => void await nexus.metadata.set(key, valueOf(value)))
    );
  const remove = asking("delete", "Deletes a value.").argument("<key>", "its key")
    .action((key: string, options: AskingOptions) =>
      ask(options, async ({ metadata }) => {
        // Whoever may delete values need not be somebody who may list them.
        const known = await metadata.list().catch(() => undefined);
        if (known !== undefined && !Object.hasOwn(known, key)) throw nothingThere(`value under "${key}"`);
        await metadata.delete(key);
      })
    );
  const list = asking("list", "Lists what is there.")
    .action((options: AskingOptions) => ask(options, (nexus) => nexus.metadata.list()));
  return commandGroup("metadata", "Reads and writes the values that a user puts away.", [get, set, remove, list])
    .addHelpText(
      "after",
      "\nExamples:\n  nexus metadata set colour red --user ada\n  nexus metadata list --user ada",
    );
}

function apiKeys(): Command {
  const create = asksForKeys("create", "Makes a key and writes it; the key itself is shown only now.")
    .option("--description <text>", "what it is for")
    .option("--expires <time>", "when it ends, as ISO 8601 (default never)")
    .action(({ description, expires, ...options }: KeyOptions & ApiKeyOptions) =>
      askOrAdminister(
        options,
        (nexus) => nexus.apikeys.create({ description, expires }),
        "apikeys.create",
        { login: options.login, data_rec: given({ description, expires }) },
      )
    );
  const list = asksForKeys("list", "Lists the keys.")
    .action((options: KeyOptions) =>
      askOrAdminister(options, (nexus) => nexus.apikeys.list(), "apikeys.list", { login: options.login })
    );
  const remove = asksForKeys("delete", "Removes a key.").argument("<uuid>", "its id")
    .action((uuid: string, options: KeyOptions) =>
      askOrAdminister(
        options,
        (nexus) => removeOwn(nexus.apikeys, uuid, `API key ${uuid}`),
        "apikeys.delete",
        { uuid },
        `API key ${uuid}`,
      )
    );
  return commandGroup("apikeys", "The keys with which programs log in for a user.", [create, list, remove]).addHelpText(
    "after",
    "\nExamples:\n  nexus apikeys create --description backup --user ada\n  nexus apikeys list --login ada --data ./nexus-data",
  );
}

function oneTimePasswords(): Command {
  const create = asksForKeys("create", "Makes a password that logs in once, and writes it.")
    .action((options: KeyOptions) =>
      askOrAdminister(options, (nexus) => nexus.otp.create(), "otp.create", { login: options.login })
    );
  const list = asksForKeys("list", "Lists those that have not been used.")
    .action((options: KeyOptions) =>
      askOrAdminister(options, (nexus) => nexus.otp.list(), "otp.list", { login: options.login })
    );
  const remove = asksForKeys("delete", "Removes one.").argument("<uuid>", "its id")
    .action((uuid: string, options: KeyOptions) =>
      askOrAdminister(
        options,
        (nexus) => removeOwn(nexus.otp, uuid, `one-time password ${uuid}`),
        "otp.delete",
        { uuid },
        `one-time password ${uuid}`,
      )
    );
  return commandGroup("otp", "Passwords that log in once.", [create, list, remove])
    .addHelpText(
      "after",
      "\nExamples:\n  nexus otp create --user ada\n  nexus otp create --login ada --data ./nexus-data",
    );
}
