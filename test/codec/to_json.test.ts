import { Payload } from "@izaber/wamp/codec";
import { describe, expect, test } from "vitest";
import { halves } from "../support/codec_halves.ts";

/** Has a way to be written, and writes itself without its password by a copy that has that way, too. */
const user = {
  name: "ann",
  password: "secret",
  toJSON(): unknown {
    return { ...this, password: undefined };
  },
};

class Account {
  name = "ann";
  toJSON = (): unknown => ({ ...this, level: 2 });
}

class Node {
  depth: number;
  constructor(depth: number) {
    this.depth = depth;
  }
  toJSON(): unknown {
    return new Node(this.depth + 1);
  }
}

class Vector extends Array<number> {
  toJSON(): unknown {
    return { x: this[0], y: this[1] };
  }
}

const described = {
  "a dictionary, though it is a list": Vector.of(1, 2),
  "shorter than it is": Object.assign(["a", "b"], { toJSON: () => ["a"] }),
  "a copy of itself by spreading": user,
  "a copy that has it as a field": new Account(),
  "another one of its class": new Node(1),
  "itself": { n: 1, toJSON: (): unknown => described.itself },
  "a text": { toJSON: () => "text" },
  "nothing": { a: { toJSON: () => null } },
  "a list of such": { toJSON: () => [user, user] },
  "a dictionary of such": { toJSON: () => ({ user, n: 1 }) },
  "an entry of that name which is data": { toJSON: () => ({ toJSON: "data" }) },
};

for (const { backend, serializers } of halves) {
  describe.each(serializers)(`$name, ${backend}`, (serializer) => {
    const echo = (value: unknown) =>
      serializer.scan(serializer.encode([50, 1, {}], Payload.of([value] as never))).payload.args[0];
    const options = (value: unknown) =>
      serializer.scan(serializer.encode([50, 1, value as never], Payload.of([1]))).options;

    test.each(Object.entries(described))("what says that it is %s is written as JSON.stringify does", (_, value) => {
      const expected = JSON.parse(JSON.stringify({ value }));
      expect({ value: echo(value) }).toEqual(expected);
      expect(echo({ value })).toEqual(expected);
      expect(echo([1, [value]])).toEqual([1, [expected.value]]);
      expect(options({ value })).toEqual(expected);
    });

    test("it is asked once", () => {
      let asked = 0;
      const value = { toJSON: () => ({ n: ++asked, toJSON: () => expect.unreachable("asked again") }) };
      expect(echo(value)).toEqual({ n: asked });
    });

    test("what never comes to an end is refused by name", () => {
      const endless: unknown = { toJSON: () => ({ again: endless, more: endless }) };
      expect(() => echo(endless)).toThrow(expect.objectContaining({ code: "unserializable" }));
      expect(() => echo(endless)).toThrow("args[0].again.again");
      expect(() => echo([{ toJSON: () => () => 1 }])).toThrow("args[0][0]");
    });
  });
}
