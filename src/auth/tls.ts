import type { PeerCertificate } from "../transport/transport.ts";
import { WampError } from "../wire/errors.ts";
import type { Authenticator, JoinRequest, JoinStep } from "./authenticator.ts";
import type { AuthMethod } from "./method.ts";

/**
 * Joins by the certificate that the transport shows when it connects; a standard WebSocket shows what its runtime was given for the host, if anything.
 *
 * @returns The client's half of `tls`.
 *
 * @see WAMP advanced profile, "Authentication Methods"
 */
export function tls(): AuthMethod {
  return {
    method: "tls",
    fixed: true,
    answer: () => {
      throw new WampError(
        "authentication_failed",
        "a certificate is shown when the transport connects and has no answer to a challenge; offer another method besides",
      );
    },
  };
}

/**
 * Lets sessions join whose connection showed a certificate that the listener has verified.
 *
 * @param verify Says who shows a certificate; who shows none is passed on to the next method that it offers.
 * @returns The router's half of `tls`.
 */
export function tlsAuthenticator(
  verify: (request: JoinRequest, certificate: PeerCertificate) => JoinStep | Promise<JoinStep>,
): Authenticator {
  return {
    method: "tls",
    begin: (request: JoinRequest): JoinStep | Promise<JoinStep> => {
      const { certificate } = request.peer;
      return certificate === undefined ? { next: "pass" } : verify(request, certificate);
    },
  };
}
