/**
 * An edge worker that answers an HTTP request with the result of a WAMP call. Each request has a client of its own, since on the edge a socket
 * belongs to the request that opened it.
 *
 * To run it in workerd, beside a Nexus at NEXUS_URL:
 *
 *     npx esbuild examples/worker/worker.ts --bundle --format=esm --outfile=examples/worker/worker.js
 *     NEXUS_URL=ws://127.0.0.1:8080/ws NEXUS_USER=admin NEXUS_PASSWORD=... npx workerd serve examples/worker/config.capnp
 *     curl http://127.0.0.1:8787/
 */
import { connect, ticket, WampError } from "@izaber/wamp";

interface Environment {
  readonly NEXUS_URL: string;
  readonly NEXUS_USER: string;
  readonly NEXUS_PASSWORD: string;
}

export default {
  async fetch(_request: Request, env: Environment): Promise<Response> {
    try {
      await using wamp = await connect(env.NEXUS_URL, {
        realm: "izaber",
        auth: ticket(env.NEXUS_USER, env.NEXUS_PASSWORD),
        prefix: "com.izaber.wamp",
        reconnect: false,
      });
      return Response.json(await wamp.call("auth.whoami", [], {}, { timeout: 5_000 }));
    } catch (error) {
      if (!WampError.is(error)) throw error;
      return Response.json({ error: error.message }, { status: 502 });
    }
  },
};
