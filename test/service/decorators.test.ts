import { expect, test } from "vitest";
import { decoratedOf, procedure, topic } from "../../src/service/decorators.ts";

type Decorator = ReturnType<typeof procedure> | ReturnType<typeof topic>;

/** Makes an object as a runtime does that knows the syntax. */
function decorate(decorators: readonly (readonly [name: string | symbol, Decorator])[], options = {}): object {
  const initializers: ((this: unknown) => void)[] = [];
  for (const [name, decorator] of decorators) {
    const context = {
      kind: "method",
      name,
      private: false,
      static: false,
      addInitializer: (initializer: (this: unknown) => void) => initializers.push(initializer),
      ...options,
    };
    decorator(() => {}, context as unknown as ClassMethodDecoratorContext);
  }
  const object = {};
  for (const initializer of initializers) initializer.call(object);
  return object;
}

test("methods are declared under a URI or their own name, with options", () => {
  const object = decorate([["add", procedure("sum", { match: "prefix", queue: "slow" })], ["sub", procedure()], [
    "heard",
    topic("news"),
  ]]);
  expect(decoratedOf(object)).toEqual({
    procedures: { sum: { handler: "add", match: "prefix", queue: "slow" }, sub: { handler: "sub" } },
    topics: { news: { handler: "heard" } },
  });
  expect(Object.keys(object)).toEqual([]);
});

test("a derived class has the last word", () => {
  const object = decorate([["add", procedure("sum")], ["better", procedure("sum")]]);
  expect(decoratedOf(object)?.procedures).toEqual({ sum: { handler: "better" } });
});

test("each object has its own, and one without decorators none", () => {
  const [one, other] = [decorate([["a", procedure()]]), decorate([["b", procedure()]])];
  expect([decoratedOf(one)?.procedures, decoratedOf(other)?.procedures]).toEqual([{ a: { handler: "a" } }, {
    b: { handler: "b" },
  }]);
  expect(decoratedOf({})).toBe(undefined);
});

test.each([{ private: true }, { static: true }, { kind: "getter" }])("%j is refused where it stands", (options) => {
  expect(() => decorate([["add", procedure()]], options)).toThrow(/Cannot serve "add": decorate methods/);
});

test("decorators of TypeScript's older kind are refused, with the option that makes them", () => {
  const legacy = procedure("sum") as unknown as (target: object, name: string, descriptor: object) => void;
  expect(() => legacy({}, "add", {})).toThrow(
    /Cannot serve "add": .* take experimentalDecorators out of tsconfig\.json/,
  );
  expect(() => (topic() as unknown as typeof legacy)({}, "heard", {})).toThrow(/Cannot serve "heard": /);
});

test("a method under a symbol is refused", () => {
  expect(() => decorate([[Symbol("add"), topic()]])).toThrow(/Cannot serve "Symbol\(add\)"/);
});
