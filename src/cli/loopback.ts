import type { Acceptor } from "../serve/mod.ts";

/**
 * Tells whether only this machine can be reached by a host.
 *
 * @param host An address or a name, as a URL has it.
 * @returns Whether it is one of this machine's own.
 */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/**
 * Turns away the web pages of other sites: a browser lets any page open a WebSocket to this machine and says only in `Origin` where the page is from.
 *
 * @param acceptor What is served.
 * @returns The same for everybody else: programs, which send no `Origin`, and pages of this machine.
 */
export function localPagesOnly(acceptor: Acceptor): Acceptor {
  return {
    get subprotocols() {
      return acceptor.subprotocols;
    },
    handshake: (request) => {
      const { origin } = request.headers;
      if (origin === undefined || isLoopbackOrigin(origin)) return acceptor.handshake(request);
      return {
        refused: `Pages of ${origin.slice(0, 200)} may not connect: this realm is open to pages of this machine only.`,
        status: 403,
      };
    },
    accept: (connection) => acceptor.accept(connection),
  };
}

function isLoopbackOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname);
}
