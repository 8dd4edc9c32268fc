import { expect, inject, test } from "vitest";
import { createClient } from "@izaber/wamp";
import { openProxy } from "../support/proxy.ts";

test("a connection that is half open is noticed and made anew, and what was on it is there again", async () => {
  const { port } = new URL(inject("routerUrl"));
  const between = await openProxy(Number(port));
  const uri = `com.example.p${crypto.randomUUID()}`;
  const client = createClient(`ws://127.0.0.1:${between.port}/ws`, {
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
