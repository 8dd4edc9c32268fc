import { anonymousAuthenticator } from "../auth/anonymous.ts";
import type { Authenticator, JoinRequest, JoinStep, Principal } from "../auth/authenticator.ts";
import type { SessionInfo } from "../router/authorization.ts";
import * as CloseUri from "../wire/close_uri.ts";
import { WampError } from "../wire/errors.ts";
import type { Dict } from "../wire/values.ts";

/** Who a session belongs to. */
export interface AppPrincipal extends Pick<Principal, "authid"> {
  /** Its role (default `"client"`). */
  readonly authrole?: string | undefined;
  /** Where the identity comes from (default `"app"`). */
  readonly authprovider?: string | undefined;
  /** What handlers find as `session.identity` (default undefined). */
  readonly identity?: unknown;
}

/**
 * Knows who it is by the connection: a cookie, a header, a certificate, an address. It gives nobody where it does not know, and the next one is asked.
 */
export type TransportAuthenticator = (
  request: JoinRequest,
) => AppPrincipal | undefined | Promise<AppPrincipal | undefined>;

/** Tells what handlers find as `session.identity`, once an authenticator that challenges has accepted somebody. */
export type IdentityProvider = (principal: Principal, request: JoinRequest) => unknown;

/** Methods by which clients ask whom nobody challenges. */
const UNCHALLENGED = ["anonymous", "cookie", "tls"] as const;

const closing: JoinStep = { next: "deny", reason: CloseUri.systemShutdown, message: "this server is closing" };

/** Lets sessions into an app: those first whose connection tells who they are, then those that answer a challenge. */
export class Admission {
  /** What the realm asks, by method. */
  readonly authenticators: readonly Authenticator[];

  readonly #ready: Promise<void>;
  readonly #transport: readonly TransportAuthenticator[];
  readonly #challenger: Authenticator | undefined;
  readonly #identify: IdentityProvider | undefined;
  /** By the object that goes from the principal to the session unchanged, so that nothing is kept of who never joins. */
  readonly #identities: WeakMap<Dict, unknown> = new WeakMap();
  /** Who the connection tells, by what the client asks: it may offer several methods. */
  readonly #known: WeakMap<JoinRequest, Promise<AppPrincipal | undefined>> = new WeakMap();
  #closed = false;

  /**
   * @param authenticators Functions that look at the connection, and at most one that challenges; without any everybody is let in.
   * @param identify Tells who it is that answered a challenge (default: nobody).
   * @param ready Nobody is let in before.
   * @throws {WampError} `invalid_argument` when two of them challenge.
   */
  constructor(
    authenticators: readonly (TransportAuthenticator | Authenticator)[],
    identify: IdentityProvider | undefined,
    ready: Promise<void>,
  ) {
    const challengers = authenticators.filter((one) => typeof one !== "function");
    if (challengers.length > 1) {
      throw new WampError(
        "invalid_argument",
        `Cannot authenticate by ${
          challengers.map(({ method }) => method).join(" and ")
        }: only one authenticator may challenge`,
      );
    }
    this.#ready = ready;
    this.#transport = authenticators.filter((one) => typeof one === "function");
    this.#challenger = challengers[0] ??
      (this.#transport.length === 0 ? anonymousAuthenticator({ authrole: "client" }) : undefined);
    this.#identify = identify;
    const methods = new Set<string>(this.#transport.length === 0 ? [] : UNCHALLENGED);
    if (this.#challenger !== undefined) methods.add(this.#challenger.method);
    this.authenticators = [...methods].map((method) => ({ method, begin: (request) => this.#begin(method, request) }));
  }

  /**
   * Tells who a session belongs to.
   *
   * @param session The session.
   * @returns What the authenticator said of it.
   */
  identityOf(session: SessionInfo): unknown {
    return this.#identities.get(session.authextra);
  }

  /** Lets nobody in any more. */
  close(): void {
    this.#closed = true;
  }

  async #begin(method: string, request: JoinRequest): Promise<JoinStep> {
    if (this.#closed) return closing;
    await this.#ready;
    const asked = this.#known.get(request) ?? this.#look(request);
    this.#known.set(request, asked);
    const known = await asked;
    if (known !== undefined) {
      const { authid, authrole = "client", authprovider = "app", identity } = known;
      return this.#accept({ authid, authrole, authprovider }, identity);
    }
    if (this.#challenger?.method !== method) return { next: "pass" };
    return await this.#follow(await this.#challenger.begin(request), request);
  }

  async #look(request: JoinRequest): Promise<AppPrincipal | undefined> {
    for (const authenticator of this.#transport) {
      const known = await authenticator(request);
      if (known !== undefined) return known;
    }
    return undefined;
  }

  async #follow(step: JoinStep, request: JoinRequest): Promise<JoinStep> {
    if (step.next === "accept") return this.#accept(step.principal, await this.#identify?.(step.principal, request));
    if (step.next !== "challenge") return step;
    return {
      ...step,
      answered: async (signature, extra) => await this.#follow(await step.answered(signature, extra), request),
    };
  }

  #accept(principal: Principal, identity: unknown): JoinStep {
    if (this.#closed) return closing;
    const authextra = { ...principal.authextra };
    this.#identities.set(authextra, identity);
    return { next: "accept", principal: { ...principal, authextra } };
  }
}
