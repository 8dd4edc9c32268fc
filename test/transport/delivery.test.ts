import { expect, test } from "vitest";
import type { Frame } from "../../src/codec/serializer.ts";
import { Delivery } from "../../src/transport/delivery.ts";
import type { CloseInfo } from "../../src/transport/transport.ts";

function listener(onFrame: (frame: Frame) => void = () => {}) {
  const told: unknown[] = [];
  return {
    told,
    frame: (frame: Frame) => {
      told.push(frame);
      onFrame(frame);
    },
    drained: () => told.push("drained"),
    closed: (info: CloseInfo) => told.push(info),
  };
}

test("frames and the end that come before there is a handler are told to it in order, and the end once", () => {
  const delivery = new Delivery();
  delivery.frame("a");
  delivery.frame("b");
  delivery.end({ local: false, reason: "gone" });
  delivery.frame("too late");
  const handler = listener();
  delivery.start(handler);
  delivery.end({ local: true, reason: "again" });
  delivery.drained();
  expect(handler.told).toEqual(["a", "b", { local: false, reason: "gone" }]);
  expect(delivery.ended).toBe(true);
});

test("what comes, or ends, while early frames are handed over comes behind them", () => {
  const delivery = new Delivery();
  delivery.frame("a");
  delivery.frame("b");
  const handler = listener((frame) => {
    if (frame !== "a") return;
    delivery.frame("c");
    delivery.end({ local: true, reason: "" });
  });
  delivery.start(handler);
  expect(handler.told).toEqual(["a", "b", "c", { local: true, reason: "" }]);
});
