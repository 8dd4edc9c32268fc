import fc from "fast-check";

/** How many clients of each realm there may be at a time. */
export const CLIENTS = 3;
/** The realms of a history; what happens in one must not be seen in the other. */
export const REALMS = ["realm1", "other"] as const;

export const topics: readonly string[] = ["a.b", "a.b.c", "x.b.c"];
export type Match = "exact" | "prefix" | "wildcard";
export const patterns: { readonly [match in Match]: readonly string[] } = {
  exact: topics,
  prefix: ["a", "a.b", "x"],
  wildcard: ["a..c", ".b.c", "a.b."],
};

/** One thing that a client does. Numbers pick one of what there is at that moment; where there is nothing, nothing happens. */
export type Act =
  | { readonly do: "join"; readonly plain: boolean; readonly authid: "ann" | "bob" }
  | { readonly do: "leave"; readonly how: "goodbye" | "close" | "terminate" }
  | { readonly do: "subscribe"; readonly match: Match; readonly pick: number; readonly retained: boolean }
  | { readonly do: "unsubscribe"; readonly pick: number }
  | {
    readonly do: "publish";
    readonly topic: string;
    readonly acknowledge: boolean;
    readonly excludeMe: boolean;
    readonly disclose: boolean;
    readonly retain: boolean;
    readonly eligible: "ann" | "bob" | undefined;
    readonly exclude: "ann" | "bob" | undefined;
  }
  | {
    readonly do: "register";
    readonly match: Match;
    readonly pick: number;
    readonly invoke: "single" | "first" | "last" | "roundrobin";
    readonly concurrency: number | undefined;
    readonly force: boolean;
  }
  | { readonly do: "unregister"; readonly pick: number }
  | {
    readonly do: "call";
    readonly procedure: string;
    readonly disclose: boolean;
    readonly progress: boolean;
    readonly stream: boolean;
  }
  | { readonly do: "more"; readonly pick: number; readonly last: boolean }
  | { readonly do: "cancel"; readonly pick: number; readonly mode: "skip" | "kill" | "killnowait" }
  | { readonly do: "answer"; readonly pick: number; readonly by: "yield" | "progress" | "error" | "unavailable" }
  | { readonly do: "ask"; readonly what: string }
  | { readonly do: "kill"; readonly pick: number };

/** What is asked of the meta API. */
export const questions: readonly string[] = [
  "wamp.session.count",
  "wamp.session.list",
  "wamp.registration.list",
  "wamp.subscription.list",
];

/** An act of one client in one realm. */
export interface Step {
  readonly realm: number;
  readonly client: number;
  readonly act: Act;
}

const pick = fc.nat(7);
const yes = fc.boolean();
const match = fc.constantFrom<Match>("exact", "exact", "prefix", "wildcard");
const who = fc.constantFrom<"ann" | "bob">("ann", "bob");
const maybeWho = fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, who);
const topic = fc.constantFrom(...topics);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("join" as const), plain: fc.nat(3).map((n) => n === 0), authid: who }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("leave" as const),
      how: fc.constantFrom("goodbye" as const, "close" as const, "terminate" as const),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("subscribe" as const), match, pick, retained: yes }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unsubscribe" as const), pick }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      topic,
      acknowledge: yes,
      excludeMe: yes,
      disclose: yes,
      retain: fc.nat(3).map((n) => n === 0),
      eligible: maybeWho,
      exclude: maybeWho,
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant("register" as const),
      match,
      pick,
      // Mostly one that several can share.
      invoke: fc.constantFrom(
        "single" as const,
        "first" as const,
        "last" as const,
        ...Array.from({ length: 5 }, () => "roundrobin" as const),
      ),
      concurrency: fc.constantFrom(undefined, undefined, 1, 2),
      force: fc.nat(5).map((n) => n === 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unregister" as const), pick }) },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("call" as const),
      procedure: topic,
      disclose: yes,
      progress: yes,
      stream: fc.nat(2).map((n) => n === 0),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("more" as const), pick, last: yes }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("cancel" as const),
      pick,
      mode: fc.constantFrom("skip" as const, "kill" as const, "killnowait" as const),
    }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      pick,
      by: fc.constantFrom("yield" as const, "progress" as const, "error" as const, "unavailable" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("ask" as const), what: fc.constantFrom(...questions) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), pick }) },
);

/** A history: what clients of two realms do, one after the other. */
export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ realm: fc.nat(REALMS.length - 1), client: fc.nat(CLIENTS - 1), act }),
  { minLength: 20, maxLength: 250, size: "max" },
);
