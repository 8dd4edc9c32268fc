import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { FrameWriter } from "../../src/serve/frame_writer.ts";

test("what a stream that stands for a socket has taken stays as it is", () => {
  const taken: Buffer[] = [];
  const stream = new Duplex({
    read: () => {},
    write: (chunk, _encoding, done) => {
      taken.push(chunk);
      done();
    },
  });
  const writer = new FrameWriter();
  for (const text of ["first", "second", "third"]) writer.write(stream as unknown as Socket, [text]);
  expect(Buffer.concat(taken).toString("latin1")).toBe("\x81\x05first\x81\x06second\x81\x05third");
});
