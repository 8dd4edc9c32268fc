import type { Frame, HeaderElement } from "@izaber/wamp/codec";
import { Payload } from "@izaber/wamp/codec";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../support/codec_values.ts";
import vectors from "../vectors/wamp-messages.json" with { type: "json" };
import { readers } from "../support/codec_halves.ts";

describe.each(readers)("$reader", ({ json, msgpack, cbor }) => {
  interface Vector {
    readonly description: string;
    readonly serializers: { readonly [name: string]: readonly { bytes?: string; bytes_hex: string }[] };
    readonly expected: { readonly [key: string]: unknown };
  }

  const serializers = { json, msgpack, cbor };
  const ids = new Set([
    "session",
    "request_id",
    "publication",
    "publication_id",
    "subscription",
    "subscription_id",
    "registration_id",
  ]);
  const texts = new Set(["topic", "reason", "method", "error"]);

  for (const [name, list] of Object.entries(vectors as unknown as { [name: string]: Vector[] })) {
    for (const vector of list) {
      for (const format of ["json", "msgpack", "cbor"] as const) {
        const frames = (vector.serializers[format] ?? []).map((variant): Frame =>
          format === "json" ? new TextDecoder().decode(fromHex(variant.bytes_hex)) : fromHex(variant.bytes_hex)
        );

        test(`${name}: ${vector.description}: ${format} is read`, () => {
          expect(frames.length).toBeGreaterThan(0);
          for (const frame of frames) {
            const head = serializers[format].scan(frame);
            const { message_type, args, kwargs, payload, ...elements } = vector.expected;
            expect(head.type).toBe(message_type);
            const found = [head.firstId, head.secondId];
            for (const [key, value] of Object.entries(elements)) {
              if (ids.has(key)) expect(found.shift(), key).toBe(value);
              else if (texts.has(key)) expect(head.uri, key).toBe(value);
              else if (key === "request_type") expect(head.requestType).toBe(value);
              else expect(head.options, key).toEqual(value);
            }
            if (typeof payload === "string") {
              expect(head.payload.isOpaque).toBe(true);
              expect(toHex(head.payload.args[0] as Uint8Array)).toBe(payload);
            } else expect(head.payload.args).toEqual(args ?? []);
            expect(head.payload.kwargs).toEqual(kwargs ?? {});
          }
        });

        test(`${name}: ${vector.description}: ${format} is written`, () => {
          const { message_type, args, kwargs, payload, ...elements } = vector.expected;
          const content = typeof payload === "string"
            ? Payload.ofOpaque(fromHex(payload))
            : Payload.of((args ?? []) as never[], (kwargs ?? {}) as Record<string, never>);
          const header = [message_type, ...Object.values(elements)] as HeaderElement[];
          const frame = serializers[format].encode(header, content);
          expect(frames.map(comparable)).toContain(comparable(frame));
        });
      }
    }
  }

  function comparable(frame: Frame): string {
    return typeof frame === "string" ? frame : toHex(frame as Uint8Array);
  }
});
