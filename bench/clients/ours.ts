import { connect, type WebSocketConstructor, webSocketDialer } from "../../mod.ts";
import { cbor, json, msgpack } from "../../src/codec/mod.ts";
import type { Format } from "../load/frames.ts";
import type { Library } from "./library.ts";

/**
 * The client of this package.
 *
 * @param format The serializer that it offers.
 * @param batched Whether it carries a turn's messages in one frame.
 * @param Socket Its WebSocket (default the runtime's).
 */
export function ours(format: Format, batched: boolean, Socket?: WebSocketConstructor): Library {
  const serializers = [{ json, msgpack, cbor }[format]];
  return {
    async open(url, realm) {
      const client = await connect(webSocketDialer(url, { batched, WebSocket: Socket }), { realm, serializers });
      return {
        call: (uri, text) => client.call(uri, [text]),
        register: (uri) => client.register(uri, ([text]) => text),
        subscribe: (uri) => client.subscribe(uri, () => {}),
      };
    },
  };
}
