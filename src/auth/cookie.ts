import { WampError } from "../wire/errors.ts";
import type { AuthMethod } from "./method.ts";

/**
 * Joins by the cookie that the browser sends with the WebSocket's handshake; offer another method behind it, for when the router does not know
 * the cookie (any more).
 *
 * @returns The client's half of `cookie`.
 *
 * @see WAMP advanced profile, "Authentication Methods", "Cookie-based Authentication"
 */
export function cookie(): AuthMethod {
  return {
    method: "cookie",
    fixed: true,
    answer: () => {
      throw new WampError(
        "authentication_failed",
        "a cookie is shown with the handshake and has no answer to a challenge; offer another method besides",
      );
    },
  };
}
