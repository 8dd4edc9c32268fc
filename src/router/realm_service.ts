import { direct } from "../codec/direct.ts";
import { Head } from "../codec/head.ts";
import { Payload } from "../codec/payload.ts";
import type { Connection } from "../transport/connection.ts";
import { memoryPair } from "../transport/memory.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { RemoteError } from "../wire/errors.ts";
import { IdTable } from "../wire/id_table.ts";
import { IdSequence } from "../wire/ids.ts";
import { MessageType } from "../wire/message_type.ts";
import type { Args, Dict, WampValue } from "../wire/values.ts";
import { emptyDict } from "../wire/values.ts";
import type { Realm } from "./realm.ts";
import { RouterSession } from "./router_session.ts";
import type { SessionOwner } from "./session_owner.ts";

const nobody: SessionOwner = {
  parted: () => {},
  loggedOut: () => {},
  killed: () => {},
  dismissed: () => {},
  ended: () => {},
  failed: () => {},
};

/** Calls procedures of a realm on behalf of the router itself, by a session that nobody sees and nobody has to authorize. */
export class RealmService {
  readonly #realm: Realm;
  readonly #requests: IdSequence = new IdSequence();
  readonly #pending: IdTable<PromiseWithResolvers<WampValue>> = new IdTable();
  #session: RouterSession | undefined;

  /** @param realm The realm; nothing is asked of it before the first call. */
  constructor(realm: Realm) {
    this.#realm = realm;
  }

  /**
   * Calls a procedure that is registered under just this URI; a pattern never stands in for it.
   *
   * @param procedure The procedure.
   * @param args The positional arguments.
   * @param timeout Milliseconds that it has.
   * @returns The first positional result; null when there is none.
   * @throws {RemoteError} When there is no such procedure, or it fails.
   */
  call(procedure: string, args: Args, timeout: number): Promise<WampValue> {
    const { dealer, timeoutUnit } = this.#realm;
    if (!dealer.registrations.knows(procedure)) {
      return Promise.reject(new RemoteError(ErrorUri.noSuchProcedure, [`nobody has registered "${procedure}"`]));
    }
    const request = this.#requests.next();
    const pending = Promise.withResolvers<WampValue>();
    this.#pending.set(request, pending);
    const options: Dict = { timeout: timeoutUnit === "seconds" ? Math.ceil(timeout / 1_000) : timeout };
    const head = new Head(direct, "", options);
    head.type = MessageType.CALL;
    head.firstId = request;
    head.uri = procedure;
    head.payload = Payload.of(args);
    dealer.call(this.#session ??= this.#open(), head, false);
    return pending.promise;
  }

  #open(): RouterSession {
    const realm = this.#realm;
    // What is queued here leaves with the turn, however much it is.
    const [mine, other] = memoryPair(direct, { highWaterMark: Infinity });
    this.#listen(mine);
    const session = new RouterSession(
      realm,
      other,
      {
        id: realm.newSessionId(),
        authid: "router",
        authrole: "trusted",
        authmethod: "local",
        authprovider: "static",
        authextra: emptyDict,
        peer: other.peer,
        roles: { caller: {} },
        realm: realm.name,
      },
      nobody,
    );
    session.isRouters = true;
    return session;
  }

  #listen(connection: Connection): void {
    connection.start({
      message: (head) => this.#settle(head),
      violation: () => {},
      drained: () => {},
      closed: () => {},
    });
  }

  #settle({ firstId: request, type, uri, payload }: Head): void {
    const pending = this.#pending.get(request);
    this.#pending.delete(request);
    if (type === MessageType.RESULT) pending?.resolve(payload.args[0] ?? null);
    else pending?.reject(new RemoteError(uri, payload.args, payload.kwargs));
  }
}
