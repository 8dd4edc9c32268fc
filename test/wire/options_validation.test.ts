import { json } from "@izaber/wamp/codec";
import { ProtocolViolation, validateOptions } from "@izaber/wamp/wire";
import { describe, expect, test } from "vitest";
import vectors from "../vectors/wamp-validation.json" with { type: "json" };

interface Vector {
  readonly description: string;
  readonly wmsg: readonly unknown[];
  readonly expected_error?: { readonly contains: string };
}

function validate(message: readonly unknown[]): void {
  validateOptions(json.scan(JSON.stringify(message)));
}

for (const [name, list] of Object.entries(vectors as unknown as { [name: string]: Vector[] })) {
  describe(name, () => {
    for (const { description, wmsg, expected_error } of list) {
      test(description, () => {
        if (expected_error === undefined) validate(wmsg);
        else {
          expect(() => validate(wmsg)).toThrow(ProtocolViolation);
          expect(() => validate(wmsg)).toThrow(expected_error.contains);
        }
      });
    }
  });
}

describe("as Nexus does", () => {
  const refused: [string, unknown[]][] = [
    ["receive_progress", [48, 1, { receive_progress: "x" }, "a.b"]],
    ["timeout", [48, 1, { timeout: -1 }, "a.b"]],
    ["timeout", [48, 1, { timeout: 1.5 }, "a.b"]],
    ["timeout", [48, 1, { timeout: "x" }, "a.b"]],
    ["mode", [49, 1, { mode: "nosuch" }]],
    ["mode", [49, 1, { mode: 5 }]],
    ["match", [64, 1, { match: "regex" }, "a.b"]],
    ["invoke", [64, 1, { invoke: "nosuch" }, "a.b"]],
    ["invoke", [64, 1, { invoke: 5 }, "a.b"]],
    ["authid", [1, "realm1", { roles: { caller: {} }, authid: 5 }]],
    ["authid", [1, "realm1", { roles: { caller: {} }, authid: null }]],
    ["authmethods", [1, "realm1", { roles: { caller: {} }, authmethods: "ticket" }]],
    ["authmethods", [1, "realm1", { roles: { caller: {} }, authmethods: [1] }]],
    ["roles", [1, "realm1", { roles: {} }]],
    ["roles", [1, "realm1", { roles: { juggler: {} } }]],
    ["roles", [1, "realm1", {}]],
  ];
  for (const [key, message] of refused) {
    test(`${JSON.stringify(message)} is refused for its ${key}`, () => {
      expect(() => validate(message)).toThrow(ProtocolViolation);
      expect(() => validate(message)).toThrow(key);
    });
  }

  const taken: unknown[][] = [
    [48, 1, { disclose_me: 1 }, "a.b"],
    [48, 1, { timeout: 0 }, "a.b"],
    [48, 1, { constructor: 1, _private: [] }, "a.b"],
    [1, "realm1", { roles: { caller: { features: { x_magic: true } } }, agent: 5 }],
    [1, "realm1", { roles: { caller: {}, callee: {}, publisher: {}, subscriber: {} } }],
  ];
  for (const message of taken) {
    test(`${JSON.stringify(message)} is taken`, () => validate(message));
  }
});
