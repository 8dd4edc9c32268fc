import { createClient } from "@izaber/wamp";
import type { Client, ClientOptions, Serializer } from "@izaber/wamp";
import type { Dict } from "@izaber/wamp";
import { MessageType } from "../../src/wire/message_type.ts";
import { FakeClock } from "./fake_clock.ts";
import { ScriptedRouter, settle } from "./scripted_router.ts";
import type { ScriptedPeer } from "./scripted_router.ts";

/** A client that is joined to a router of which the test says what it does. */
export interface ScriptedClient {
  readonly client: Client;
  readonly router: ScriptedRouter;
  readonly clock: FakeClock;
  readonly peer: ScriptedPeer;
}

/** Makes a client whose time stands still, whose backoff is not random and which asks for no sign of life. */
export function scripted(
  options: Partial<ClientOptions> = {},
  serializer?: Serializer,
): Omit<ScriptedClient, "peer"> {
  const clock = new FakeClock();
  const router = new ScriptedRouter(serializer);
  const random = { bytes: (length: number) => new Uint8Array(length), number: () => 0 };
  return {
    clock,
    router,
    client: createClient(router, { realm: "realm1", clock, random, liveness: false, ...options }),
  };
}

/** Opens such a client. */
export async function joined(
  options: Partial<ClientOptions> = {},
  welcome: Dict = {},
  serializer?: Serializer,
): Promise<ScriptedClient> {
  const { client, router, clock } = scripted(options, serializer);
  const opened = client.open();
  const peer = await router.join(7, welcome);
  await opened;
  return { client, router, clock, peer };
}

/** Loses the session of such a client, and lets the next one join. */
export async function reconnect(on: ScriptedClient, session: number): Promise<ScriptedPeer> {
  on.peer.connection.terminate();
  await settle();
  on.clock.advance(60_000);
  return await on.router.join(session);
}

/** Answers the next request of a type with an ERROR. */
export async function refuse(peer: ScriptedPeer, type: number, uri: string): Promise<void> {
  const request = await peer.next(type);
  peer.send([MessageType.ERROR, type, request.firstId, {}, uri]);
  await settle();
}
