import { expect, inject, test } from "vitest";

test("the suite runs in the runtime that the project is named after", () => {
  const { userAgent } = navigator;
  const actual = userAgent.includes("Chrome/") ? "chromium" : userAgent.split("/")[0];
  expect(actual).toBe(
    {
      node: "Node.js",
      bun: "Bun",
      deno: "Deno",
      chromium: "chromium",
      workerd: "Cloudflare-Workers",
    }[inject("runtime")],
  );
});

test("the router of the run can be reached by a standard WebSocket", async () => {
  const socket = new WebSocket(inject("routerUrl"), ["wamp.2.json"]);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  expect(socket.protocol).toBe("wamp.2.json");
  socket.close();
});
