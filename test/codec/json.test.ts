import { json, Payload } from "@izaber/wamp/codec";
import { expect, test } from "vitest";

test("a call is written and read", () => {
  const frame = json.encode([48, 1, {}, "com.example.add"], Payload.of([1, 2], { base: 10 }));
  expect(frame).toBe('[48,1,{},"com.example.add",[1,2],{"base":10}]');
  const head = json.scan(frame);
  expect([head.type, head.firstId, head.uri, head.options]).toEqual([48, 1, "com.example.add", {}]);
  expect([head.payload.args, head.payload.kwargs]).toEqual([[1, 2], { base: 10 }]);
});
