interface DenoServer {
  readonly addr: { readonly port: number };
  readonly finished: Promise<void>;
}

type DenoHandler = (request: Request, info: object) => Response | Promise<Response>;

/** Serves by `Deno.serve` on a port of its own, in Deno. */
export function serveByDeno(handler: DenoHandler): { readonly port: number; stop(): Promise<void> } {
  const { Deno } = globalThis as unknown as { Deno: { serve(options: object, handler: DenoHandler): DenoServer } };
  const controller = new AbortController();
  const options = { port: 0, hostname: "127.0.0.1", signal: controller.signal, onListen() {} };
  const server = Deno.serve(options, handler);
  return {
    port: server.addr.port,
    // Not `shutdown`, which waits for ever when a client was gone in the midst of its handshake.
    stop: () => {
      controller.abort();
      return server.finished;
    },
  };
}
