import { expect, test } from "vitest";
import { mayConnect } from "../../src/serve/origins.ts";

test.each([
  [undefined, "nexus.example.com", true],
  ["https://nexus.example.com", "nexus.example.com", true],
  ["https://Nexus.Example.com", "nexus.example.com:443", true],
  ["http://nexus.example.com:8080", "NEXUS.example.com:8080", true],
  ["http://localhost:5173", "nexus.example.com", true],
  ["http://127.0.0.1", "nexus.example.com", true],
  ["https://[::1]:8080", "nexus.example.com", true],
  ["http://app.localhost:3000", "nexus.example.com", true],
  ["http://localhost.example.com", "nexus.example.com", false],
  ["http://notlocalhost", "nexus.example.com", false],
  ["http://nexus.example.com", "nexus.example.com:443", false],
  ["https://nexus.example.com:8443", "nexus.example.com", false],
  ["https://evil.example.com", "nexus.example.com", false],
  ["https://nexus.example.com.evil.com", "nexus.example.com", false],
  ["http://localhost@evil.com", "nexus.example.com", false],
  ["http://127.0.0.1.example.com", "nexus.example.com", false],
  ["null", "nexus.example.com", false],
  ["null", "", false],
  ["file://", "", false],
  ["", "", false],
])("by default a page of %s may connect to %s: %s", (origin, host, may) => {
  expect(mayConnect(undefined, origin, host)).toBe(may);
});

test.each([
  [["*"], "https://a.example.com", true],
  [["https://a.example.com"], "https://A.example.com", true],
  [["https://a.example.com"], "https://a.example.com.evil.com", false],
  [["https://*.example.com"], "https://a.b.example.com", true],
  [["https://*.example.com"], "https://example.com", false],
  [["https://*.example.com"], "https://evil.com", false],
  [["https://*.example.com:*"], "https://a.example.com:8080", true],
  [["https://a*a"], "https://a", false],
  [["null"], "null", true],
  [[], "http://localhost", false],
])("with %j a page of %s may connect: %s", (origins, origin, may) => {
  expect(mayConnect(origins, origin, "x")).toBe(may);
  expect(mayConnect(origins, undefined, "x")).toBe(true);
});

test("a function decides by the origin and the host", () => {
  const origins = (origin: string, host: string) => origin === `https://${host}`;
  expect(mayConnect(origins, "https://a", "a")).toBe(true);
  expect(mayConnect(origins, "https://b", "a")).toBe(false);
});

test("a function that does not expect an origin that is no URL refuses it", () => {
  const origins = (origin: string) => new URL(origin).hostname.endsWith(".example.com");
  expect(mayConnect(origins, "https://a.example.com", "x")).toBe(true);
  expect(mayConnect(origins, "null", "x")).toBe(false);
});
