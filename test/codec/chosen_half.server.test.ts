import { connect } from "@izaber/wamp";
import { codecBackend, createCodec } from "@izaber/wamp/codec";
import { openRealm, Router } from "@izaber/wamp/router";
import { listen } from "@izaber/wamp/serve";
import { describe, expect, test } from "vitest";
import { codecWasmModule } from "../support/wasm_module.ts";

const codecs = {
  "TypeScript": createCodec({ backend: "typescript" }),
  "WASM": createCodec({ backend: "wasm" }),
  "a module": createCodec({ module: codecWasmModule() }),
};
type Name = keyof typeof codecs;
const names = Object.keys(codecs) as Name[];

test("a codec says which half it is", () => {
  expect(names.map((name) => codecs[name].backend)).toEqual(["typescript", codecBackend, "wasm"]);
});

describe.each(names)("a router on %s", (routers) => {
  test.each(names)("and a client on %s understand each other", async (clients) => {
    const router = new Router({ realms: [openRealm("realm1")], serializers: codecs[routers].serializers });
    const listener = await listen(router);
    try {
      for (const serializer of codecs[clients].serializers) {
        await using wamp = await connect(listener.url, { realm: "realm1", serializers: [serializer] });
        expect(wamp.serializer).toBe(serializer.name);
        await wamp.register("com.example.exact", (args) => args[0]);
        await wamp.register("com.example.any.", (args, _kwargs, { procedure }) => [procedure, args[0]], {
          match: "prefix",
        });
        const value = [{ id: 2n ** 60n, at: 1.5, name: "größer", data: null }];
        expect(await wamp.call("com.example.exact", [value])).toEqual(value);
        expect(await wamp.call("com.example.any.thing", [1])).toEqual(["com.example.any.thing", 1]);
      }
    } finally {
      await router.close();
      await listener.close();
    }
  });
});
