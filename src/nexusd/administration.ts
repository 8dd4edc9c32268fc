import type { SessionInfo } from "../router/authorization.ts";
import { WampError } from "../wire/errors.ts";
import type { Dict, WampValue } from "../wire/values.ts";
import { sessionOperations } from "./administration_sessions.ts";
import { keyOperations } from "./administration_keys.ts";
import { roleOperations } from "./administration_roles.ts";
import { userOperations } from "./administration_users.ts";
import { mayAdminister } from "./almighty.ts";
import type { Identity } from "./identity.ts";
import { denied, ServiceError } from "./service_error.ts";
import type { Procedure } from "./services/procedure.ts";
import { bindParameters } from "./services/procedure.ts";
import type { Sessions } from "./sessions.ts";
import type { Store } from "./store.ts";
import type { UriRecords } from "./uri_records.ts";

/** Who administers: a session, or the program that the Nexus runs in. */
export type Administrator = Pick<SessionInfo, "authid" | "peer"> & Partial<Pick<SessionInfo, "id" | "authrole">>;

/** Something that an administrator can do. */
export interface AdminOperation {
  /** Its name, such as `users.create`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** The names of its parameters, in order; those with `?` at the end may be left out. */
  readonly parameters: readonly string[];
  /** Whether it changes anything, and so is noted. */
  readonly changes: boolean;
  /** Does it; `input` has the parameters that were given, by name. */
  readonly work: (input: Dict, by: Administrator) => WampValue | Promise<WampValue>;
}

/** What administration stands on. */
export interface AdministrationContext extends
  Pick<
    Identity,
    | "users"
    | "roles"
    | "restrictions"
    | "apiKeys"
    | "otps"
    | "logins"
    | "cookies"
    | "permissions"
    | "audit"
    | "clock"
    | "random"
  > {
  /** Where records are kept. */
  readonly store: Store;
  /** The sessions that live. */
  readonly sessions: Sessions;
  /** The URIs that are documented or were registered once; undefined until they have been read. */
  readonly uris: () => UriRecords | undefined;
  /** Reads everything from the store again. */
  readonly reload: () => Promise<void>;
  /** Ends a session; tells whether there was one. */
  readonly kill: (session: number, reason: string, message: string) => boolean;
}

const here: Administrator = { authid: "local", peer: { transport: "memory", address: "this process" } };

/**
 * What an administrator can do with users, roles, restrictions, API keys, one-time passwords, permissions, sessions and the audit trail.
 *
 * Each operation can be reached in three ways that do the same: by {@linkcode Administration.run} in this process; as the procedure
 * `com.izaber.wamp.system.<name>` for sessions that may do everything, as their users still may; and where there are typed methods for it on the Nexus, by these, which are
 * not noted.
 */
export class Administration {
  /** The operations, by name. */
  readonly operations: ReadonlyMap<string, AdminOperation>;

  readonly #context: AdministrationContext;

  /**
   * Makes the operations.
   *
   * @param context What it stands on.
   */
  constructor(context: AdministrationContext) {
    this.#context = context;
    const all = [
      ...userOperations(context),
      ...roleOperations(context),
      ...keyOperations(context),
      ...sessionOperations(context),
    ];
    this.operations = new Map(all.map((operation) => [operation.name, operation]));
  }

  /**
   * Does something.
   *
   * @param name Which operation.
   * @param input Its parameters, by name.
   * @param by Who does it (default: this process).
   * @returns What comes of it.
   * @throws {WampError} `invalid_argument` when there is no such operation; a {@linkcode RemoteError} when it is refused, as a caller would get it.
   */
  async run(name: string, input: Dict = {}, by: Administrator = here): Promise<WampValue> {
    const operation = this.operations.get(name);
    if (operation === undefined) {
      const names = [...this.operations.keys()].join(", ");
      throw new WampError("invalid_argument", `There is no operation "${name}": there are ${names}`);
    }
    const bound = bindParameters({ name, parameters: operation.parameters }, [], input);
    return await this.#work(operation, bound, by);
  }

  /**
   * Makes the procedures by which sessions administer.
   *
   * @returns The procedures, `system.<name>` for each operation.
   */
  procedures(): Procedure[] {
    return [...this.operations.values()].filter(({ name }) => !name.startsWith("otp.")).map((operation) => ({
      name: `system.${operation.name}`,
      bare: false,
      parameters: operation.parameters,
      handler: (input, { session }) => {
        if (!mayAdminister(this.#context, session)) throw denied();
        return this.#work(operation, input, session);
      },
    }));
  }

  async #work({ name, changes, work }: AdminOperation, input: Dict, by: Administrator): Promise<WampValue> {
    try {
      const result = await work(input, by);
      if (changes && result !== false) this.#context.audit.note("change", by, name, subjectOf(input));
      return result;
    } catch (error) {
      if (WampError.is(error, "invalid_argument") || WampError.is(error, "overflow")) {
        throw new ServiceError(error.message);
      }
      throw error;
    }
  }
}

/** What an operation was done to: its first parameter that names something. */
function subjectOf(input: Dict): string | null {
  for (const name of ["login", "role", "source", "uuid", "session"]) {
    const value = input[name];
    if (typeof value === "string" || typeof value === "number") return String(value);
  }
  return null;
}
