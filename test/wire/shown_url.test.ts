import { expect, test } from "vitest";
import { shownUrl } from "../../src/wire/shown_url.ts";

test.each([
  ["wss://nexus.example.com:8443/ws", "wss://nexus.example.com:8443/ws"],
  ["ws://user:hunter2@host/ws", "ws://...@host/ws"],
  ["ws://user:p@ss@host", "ws://...@host"],
  ["wss://host/ws?token=hunter2", "wss://host/ws?..."],
  ["wss://host/ws#hunter2", "wss://host/ws#..."],
  ["wss://host?a=hunter2\nb", "wss://host?..."],
  ["user:hunter2@host/ws", "...@host/ws"],
  ["http://host/a@b", "http://host/a@b"],
  ["", ""],
])("%j is shown as %j", (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});
