import type { Frame, Serializer } from "../codec/serializer.ts";
import type { Connection } from "../transport/connection.ts";
import type { Dialer, DialRequest } from "../transport/dialer.ts";
import type { Transport, TransportHandler } from "../transport/transport.ts";
import { messageOf, WireLog } from "./wire_log.ts";

/** A dialer that writes down what passes on its connections. */
export interface CapturingDialer extends Dialer {
  /** What has passed so far. */
  readonly wire: WireLog;
}

/**
 * Writes down every message between a client and its router, decoded. What clients prove by who they are is among the `entries`, and left out of the texts
 * of the log unless it is asked for.
 *
 * @param dialer The dialer whose connections to listen to.
 * @returns The dialer to use instead.
 *
 * @example
 * ```ts
 * import { connect } from "@izaber/wamp";
 * import { openRealm, Router } from "@izaber/wamp/router";
 * import { captureWire } from "@izaber/wamp/testing";
 *
 * const router = new Router({ realms: [openRealm("realm1")] });
 * const dialer = captureWire(router.local());
 * const wamp = await connect(dialer, { realm: "realm1" });
 * await wamp.publish("com.example.news", ["it rains"]);
 * const last = dialer.wire.entries.at(-1);
 * if (last?.direction !== "out" || last.message[0] !== 16) throw new Error("unexpected");
 * await wamp.close();
 * await router.close();
 * ```
 */
export function captureWire(dialer: Dialer): CapturingDialer {
  const wire = new WireLog();
  let dialled = 0;
  return {
    url: dialer.url,
    wire,
    async dial(request: DialRequest): Promise<Connection> {
      const connection = await dialer.dial(request);
      const index = dialled++;
      const { serializer, batched } = connection;
      const note = (direction: "out" | "in") => (frame: Frame) => {
        for (const message of messagesOf(frame, serializer, batched)) {
          wire.add({ connection: index, direction, message });
        }
      };
      return connection.through((transport) => listening(transport, note("out"), note("in")));
    },
  };
}

function* messagesOf(frame: Frame, serializer: Serializer, batched: boolean): Iterable<ReturnType<typeof messageOf>> {
  try {
    for (const head of batched ? serializer.scanBatch(frame) : [serializer.scan(frame)]) yield messageOf(head);
  } catch {
    // What is no message is for the other side to refuse.
  }
}

function listening(transport: Transport, sent: (frame: Frame) => void, received: (frame: Frame) => void): Transport {
  return new Proxy(transport, {
    get(target, name) {
      if (name === "write") {
        return (frames: readonly Frame[]) => {
          frames.forEach(sent);
          target.write(frames);
        };
      }
      if (name === "start") {
        return (handler: TransportHandler) =>
          target.start({
            frame: (frame) => {
              received(frame);
              handler.frame(frame);
            },
            drained: () => handler.drained(),
            closed: (info) => handler.closed(info),
          });
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
