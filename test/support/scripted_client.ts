import { createClient } from "@izaber/wamp";
import type { Client, ClientOptions, Serializer } from "@izaber/wamp";
import type { Dict } from "@izaber/wamp";
import { FakeClock } from "./fake_clock.ts";
import { ScriptedRouter } from "./scripted_router.ts";
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
