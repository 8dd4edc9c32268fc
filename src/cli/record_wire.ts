import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { cbor, json, msgpack, negotiate } from "../codec/mod.ts";
import type { Serializer } from "../codec/serializer.ts";
import type { HandshakeAnswer, HandshakeRequest } from "../router/handshake.ts";
import { listen } from "../serve/mod.ts";
import type { Acceptor } from "../serve/mod.ts";
import { replayClient, replayRouter, WireLog } from "../testing/mod.ts";
import { messageOf } from "../testing/wire_log.ts";
import { send } from "../testing/replay.ts";
import type { Connection, ConnectionHandler } from "../transport/connection.ts";
import type { Dialer } from "../transport/dialer.ts";
import { webSocketDialer } from "../transport/websocket_dialer.ts";
import { systemClock } from "../wire/clock.ts";
import { RemoteError, WampError } from "../wire/errors.ts";
import * as ErrorUri from "../wire/error_uri.ts";
import { fileProblem } from "./file_problem.ts";
import { stopSignal } from "./stop_signal.ts";
import { note } from "./terminal.ts";

const serializers: readonly Serializer[] = [msgpack, cbor, json];
const CONNECT_TIMEOUT = 10_000;

/**
 * Stands between clients and a router, and writes down every message, until the process is asked to stop. The file is for its owner alone, and holds
 * nothing by which clients prove who they are.
 *
 * @param file Where to write.
 * @param url The router.
 * @param port Where clients connect; 0 for a free port.
 */
export async function recordWire(file: string, url: string, port: number): Promise<void> {
  write(() => writeFileSync(file, "", { mode: 0o600 }), file);
  const failure = Promise.withResolvers<never>();
  const router = webSocketDialer(url);
  let connections = 0;
  const acceptor = accepting((client) => {
    const index = connections++;
    void relay(client, router, (direction, head) => {
      const entry = { connection: index, direction, message: messageOf(head) } as const;
      try {
        write(() => appendFileSync(file, new WireLog([entry]).toString()), file);
      } catch (error) {
        failure.reject(error);
      }
    });
  });
  const listener = await listen(acceptor, { port });
  note(`nexus records ${listener.url}, which is ${url}, into ${file}`);
  try {
    await Promise.race([stopSignal(), failure.promise]);
  } finally {
    await listener.close();
  }
}

/**
 * Is the router of a recording, until all of it has been said.
 *
 * @param file The recording.
 * @param port Where clients connect; 0 for a free port.
 * @throws {RemoteError} When clients said something else.
 */
export async function replayAsRouter(file: string, port: number): Promise<void> {
  const router = replayRouter(read(file));
  const listener = await listen(accepting((connection) => router.accept(connection)), { port });
  note(`nexus replays ${file} on ${listener.url}`);
  await Promise.race([router.finished, stopSignal()]);
  await listener.close();
  refuseDifferences(router.differences, router.remaining);
}

/**
 * Is the clients of a recording to a router.
 *
 * @param file The recording.
 * @param url The router.
 * @throws {RemoteError} When the router said something else.
 */
export async function replayAsClients(file: string, url: string): Promise<void> {
  refuseDifferences(await replayClient(read(file), webSocketDialer(url), { serializer: json }), 0);
}

function refuseDifferences(differences: readonly string[], remaining: number): void {
  if (differences.length > 0) {
    throw new RemoteError(ErrorUri.protocolViolation, [`it differs from the recording: ${differences.join("; ")}`]);
  }
  if (remaining > 0) throw new RemoteError(ErrorUri.protocolViolation, [`${remaining} messages were not said`]);
}

function accepting(accept: (connection: Connection) => void): Acceptor {
  const subprotocols = serializers.flatMap(({ batchedSubprotocol, subprotocol }) => [batchedSubprotocol, subprotocol]);
  return {
    subprotocols,
    handshake: ({ protocols }: HandshakeRequest): HandshakeAnswer => {
      const agreement = negotiate(protocols, serializers);
      return agreement === undefined
        ? { refused: `Offer one of ${subprotocols.join(", ")}.`, status: 400 }
        : { ...agreement, headers: {} };
    },
    accept,
  };
}

type Heard = (direction: "out" | "in", head: Parameters<ConnectionHandler["message"]>[0]) => void;

async function relay(client: Connection, dialer: Dialer, heard: Heard): Promise<void> {
  let router: Connection;
  try {
    router = await dialer.dial({
      serializers: [client.serializer],
      signal: AbortSignal.timeout(CONNECT_TIMEOUT),
      clock: systemClock,
    });
  } catch (error) {
    note(`nexus: ${error instanceof Error ? error.message : String(error)}`);
    return client.terminate();
  }
  const pass = (from: Connection, to: Connection, direction: "out" | "in") =>
    from.start({
      message: (head) => {
        heard(direction, head);
        send(to, messageOf(head));
      },
      violation: (error) => {
        note(`nexus: ${error.message}`);
        from.terminate();
      },
      drained: () => {},
      closed: ({ code, reason }) => to.close(code, reason),
    });
  pass(client, router, "out");
  pass(router, client, "in");
}

function read(file: string): WireLog {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new WampError("config_missing", `Cannot read the recording ${file}: ${fileProblem(cause)}`, { cause });
  }
  try {
    return WireLog.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WampError("config_malformed", `${file} is nothing that nexus record wrote: ${reason}`, { cause });
  }
}

function write(action: () => void, file: string): void {
  try {
    action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new WampError("config_invalid", `Cannot write the recording ${file}: ${reason}`, { cause });
  }
}
