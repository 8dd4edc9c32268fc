import { connect as connectTcp, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, inject, test } from "vitest";
import { createClient } from "@izaber/wamp";

/** Stands between a client and the router, and can stop to let anything through without telling anybody. */
async function proxy(port: number) {
  const sockets = new Set<Socket>();
  const pairs: [Socket, Socket][] = [];
  const server = createServer((near) => {
    const far = connectTcp(port, "127.0.0.1");
    pairs.push([near, far]);
    near.pipe(far);
    far.pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
    /** Lets nothing through on the connections that there are. */
    silence(): void {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    async close(): Promise<void> {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

test("a connection that is half open is noticed and made anew, and what was on it is there again", async () => {
  const { port } = new URL(inject("routerUrl"));
  const between = await proxy(Number(port));
  const uri = `com.example.p${crypto.randomUUID()}`;
  const client = createClient(between.url, {
    realm: "realm1",
    liveness: { silence: 200, deadline: 200 },
    reconnect: { initialDelay: 10 },
  });
  await client.open();
  await client.register(uri, () => "served", { force_reregister: true });
  const first = client.session?.id;
  const left = new Promise<{ cause: string; message: string }>((resolve) => client.on("leave", resolve));
  const ready = new Promise((resolve) => client.on("ready", resolve));
  between.silence();
  const lost = client.call(uri).catch((error) => error);
  expect(await left).toMatchObject({ cause: "lost", message: expect.stringContaining("no answer from the router") });
  expect(await lost).toMatchObject({ code: "connection_lost", mayHaveRun: true });
  await ready;
  expect(client.session?.id).not.toBe(first);
  expect(await client.call(uri)).toBe("served");
  await client.close();
  await between.close();
});
