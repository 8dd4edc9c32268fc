import { expect, test } from "vitest";
import { permissions } from "../../src/nexus/permissions.ts";

test("actions become letters, one line a pattern, in the order of the patterns", () => {
  const lines = permissions()
    .allow("com.example.*", "call", "subscribe")
    .allow("com.roster", "roster_ops", "roster_query")
    .allow("com.example.*", "publish", "register", "call");
  expect([...lines]).toEqual([{ uri: "com.example.*", perms: "cspr" }, { uri: "com.roster", perms: "oq" }]);
});

test("deny takes everything back, and allow may follow", () => {
  const list = permissions().allow("com.example.a", "call").deny("com.example.a").deny("com.example.b");
  expect([...list.allow("com.example.b", "call")]).toEqual([
    { uri: "com.example.a", perms: "" },
    { uri: "com.example.b", perms: "c" },
  ]);
});

test.each(["", "a..b", ".a", "a."])("the pattern %j is refused: it would deny the whole role everything", (uri) => {
  expect(() => permissions().allow(uri, "call")).toThrow(/expected a pattern/);
  expect(() => permissions().deny(uri)).toThrow(/expected a pattern/);
});

test("regular expressions may have dots", () => {
  expect([...permissions().allow("com./a..b\\/c.*/.get", "call")]).toEqual([{
    uri: "com./a..b\\/c.*/.get",
    perms: "c",
  }]);
});

test("what is no action is refused", () => {
  expect(() => permissions().allow("com.a", "write" as "call")).toThrow(/expected one or more of call, register/);
  expect(() => (permissions() as unknown as { allow(uri: string): void }).allow("com.a")).toThrow(
    /Cannot allow nothing/,
  );
});
