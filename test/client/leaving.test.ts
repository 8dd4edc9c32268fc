import { describe, expect, test } from "vitest";
import { MessageType } from "../../src/wire/message_type.ts";
import { joined } from "../support/scripted_client.ts";
import { settle } from "../support/scripted_router.ts";

describe("a session that leaves the realm", () => {
  test("keeps the connection when all that it asked has been answered", async () => {
    const { client, peer } = await joined();
    const call = client.call("a.p");
    peer.send([MessageType.RESULT, (await peer.next(MessageType.CALL)).firstId, {}]);
    await call;
    const leaving = client.session?.leaveRealm("com.example.logout");
    expect((await peer.goodbye()).uri).toBe("com.example.logout");
    await leaving;
    await settle();
    expect(peer.connection.closed).toBe(false);
  });

  test.each(["waits", "was given up"])(
    "closes it when a call %s, whose answer the next session could take for its own",
    async (how) => {
      const { client, peer } = await joined();
      const controller = new AbortController();
      const call = client.call("a.p", [], {}, { signal: controller.signal }).catch((error) => error);
      await peer.next(MessageType.CALL);
      if (how === "was given up") {
        controller.abort();
        await peer.next(MessageType.CANCEL);
      }
      const leaving = client.session?.leaveRealm();
      await peer.goodbye();
      await leaving;
      await peer.closed;
      expect(await call).toMatchObject({ code: how === "waits" ? "closed" : "aborted" });
    },
  );
});
