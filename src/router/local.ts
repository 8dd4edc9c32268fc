import type { Principal } from "../auth/authenticator.ts";
import { direct } from "../codec/direct.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import { memoryPair } from "../transport/memory.ts";

/**
 * Makes a dialer for clients in the router's own process.
 *
 * @param accept Takes the router's end of each connection.
 * @param principal Who such a client is (default: a stranger, who has to authenticate).
 * @returns The dialer; what it opens hands values over without encoding them.
 */
export function localDialer(
  accept: (connection: Connection, principal: Principal | undefined) => void,
  principal: Principal | undefined,
): Dialer {
  return {
    url: "local:",
    dial: ({ signal }) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      // What is queued here leaves with the turn, however much it is.
      const [client, router] = memoryPair(direct, { highWaterMark: Infinity });
      accept(router, principal);
      return Promise.resolve(client);
    },
  };
}
