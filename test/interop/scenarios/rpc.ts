import { able, refusal, same } from "../scenario.ts";
import type { Scenario } from "../scenario.ts";

const text = 'Grüße, 世界 🌍 \u0001 "quoted" \\';

/** Calls and procedures. */
export const rpc: readonly Scenario[] = [
  {
    name: "calls",
    needs: ["caller"],
    play: async ({ theirs, ours, uri }) => {
      const add = uri("add");
      await ours.register(add, "add");
      same((await theirs.call(add, [2, 3])).args, [5], "2 + 3");
      const echo = uri("echo");
      await ours.register(echo, "echo");
      same((await theirs.call(echo, [text])).args, [text], "a text");
      same((await theirs.call(echo, [{ deep: [1, { er: null }] }])).args, [{ deep: [1, { er: null }] }], "a structure");
    },
  },
  {
    name: "calls with kwargs",
    needs: ["caller", "call_kwargs"],
    play: async ({ theirs, ours, uri }) => {
      const note = uri("note");
      const noted = await ours.register(note, "note");
      await theirs.call(note, [1, 2], { key: "value", other: [true] });
      same(await noted.next(), { args: [1, 2], kwargs: { key: "value", other: [true] } }, "what the callee got");
      if (!theirs.can.has("result_kwargs")) return;
      const echo = uri("echo");
      await ours.register(echo, "echo");
      const { args, kwargs } = await theirs.call(echo, [1, 2], { key: "value" });
      same({ args, kwargs }, { args: [1, 2], kwargs: { key: "value" } }, "the whole result");
    },
  },
  {
    name: "errors to callers",
    needs: ["caller"],
    play: async ({ theirs, ours, uri }) => {
      const fail = uri("fail");
      await ours.register(fail, "fail");
      const error = await refusal(theirs.call(fail), "a call that fails");
      const missing = await refusal(theirs.call(uri("nothing")), "a call of nothing");
      if (theirs.can.has("error_uri")) {
        same(error.uri, "com.example.error.custom", "the error's URI");
        same(missing.uri, "wamp.error.no_such_procedure", "the URI for a procedure that is not there");
      }
      if (theirs.can.has("error_details")) {
        same([error.args, error.kwargs], [["sorry", 42], { why: "test" }], "what the error carries");
      }
    },
  },
  {
    name: "serves",
    needs: ["callee"],
    play: async ({ theirs, ours, uri }) => {
      const add = uri("add");
      const served = await theirs.register(add, "add");
      same((await ours.call(add, [2, 3])).args[0], 5, "2 + 3");
      const all = await Promise.all(Array.from({ length: 50 }, (_, at) => ours.call(add, [at, at])));
      same(all.map(({ args }) => args[0]), Array.from({ length: 50 }, (_, at) => 2 * at), "fifty calls at once");
      if (!theirs.can.has("unregister")) return;
      await served.unregister();
      same(
        (await refusal(ours.call(add, [1, 1]), "a call")).uri,
        "wamp.error.no_such_procedure",
        "after unregistering",
      );
    },
  },
  {
    name: "serves kwargs",
    needs: ["callee", "call_kwargs", "result_kwargs"],
    play: async ({ theirs, ours, uri }) => {
      const echo = uri("echo");
      await theirs.register(echo, "echo");
      const { args, kwargs } = await ours.call(echo, [text, [1, null]], { key: "value", deep: { er: true } });
      same({ args, kwargs }, { args: [text, [1, null]], kwargs: { key: "value", deep: { er: true } } }, "the result");
    },
  },
  {
    name: "errors from callees",
    needs: ["callee", "error_details"],
    play: async ({ theirs, ours, uri }) => {
      const fail = uri("fail");
      await theirs.register(fail, "fail");
      const error = await refusal(ours.call(fail), "a call that fails");
      same(
        [error.uri, error.args, error.kwargs],
        ["com.example.error.custom", ["sorry", 42], { why: "test" }],
        "the error",
      );
    },
  },
  {
    name: "caller disclosed",
    needs: ["callee", "disclosure"],
    play: async ({ theirs, ours, uri }) => {
      const who = uri("who");
      await theirs.register(who, "who");
      const disclosed = (await ours.call(who, [], {}, { disclose_me: true })).args[0] as { caller: unknown };
      same(/number|bigint/.test(typeof disclosed.caller), true, "the caller is told");
    },
  },
  {
    name: "caller discloses",
    needs: ["caller", "discloses"],
    play: async ({ theirs, ours, uri }) => {
      const who = uri("who");
      await ours.register(who, "who");
      const told = (await theirs.call(who, [], {}, { disclose_me: true })).args[0] as { caller: unknown };
      same(/number|bigint/.test(typeof told.caller), true, "the caller is told");
    },
  },
  {
    name: "progress to callers",
    needs: ["caller", "progress_caller"],
    play: async ({ theirs, ours, uri }) => {
      const count = uri("count");
      await ours.register(count, "count");
      const { args, progress } = await theirs.call(count, [], {}, { progress: true });
      same([progress.map((step) => step.args), args], [[[1], [2], [3]], ["done"]], "progress and result");
    },
  },
  {
    name: "progress from callees",
    needs: ["callee", "progress_callee"],
    play: async ({ theirs, ours, uri }) => {
      const count = uri("count");
      await theirs.register(count, "count");
      const { args, progress } = await ours.call(count, [], {}, { progress: true });
      same([progress.map((step) => step.args), args], [[[1], [2], [3]], ["done"]], "progress and result");
      same((await ours.call(count)).args, ["done"], "the result without progress");
    },
  },
  {
    name: "cancels",
    needs: ["caller", "cancel"],
    play: async ({ theirs, ours, uri, router }) => {
      const wait = uri("wait");
      const waiting = await ours.register(wait, "wait");
      const running = theirs.start(wait, [], theirs.can.has("cancel_killnowait") ? "killnowait" : "kill");
      await new Promise((resolve) => setTimeout(resolve, 200)); // some peers have no sign that a call has gone out
      await running.cancel();
      await refusal(running.outcome, "a cancelled call").catch((error) => {
        // autobahn-js 26.3.1 rejects a cancelled call with an Error without a URI.
        if (!/cancel/i.test(String(error))) throw error;
      });
      if (router.has("interrupt")) same((await waiting.next()).args, ["interrupted"], "the callee's note");
    },
  },
  {
    name: "is interrupted",
    needs: ["callee", "interrupt"],
    play: async ({ theirs, ours, uri }) => {
      const wait = uri("wait");
      const waiting = await theirs.register(wait, "wait");
      for (const mode of ["kill", "killnowait"] as const) {
        const running = ours.start(wait, [], mode);
        await new Promise((resolve) => setTimeout(resolve, 200));
        await running.cancel();
        await refusal(running.outcome, "a cancelled call");
        same((await waiting.next()).args, ["interrupted"], `the callee's note, mode ${mode}`);
      }
    },
  },
  {
    name: "times out",
    needs: ["caller", "timeout"],
    play: async ({ theirs, ours, uri }) => {
      const wait = uri("wait");
      await ours.register(wait, "wait");
      const error = await refusal(theirs.call(wait, [], {}, { timeout: 300 }), "a call that takes too long");
      if (theirs.can.has("error_uri")) same(/timeout|canceled/.test(error.uri), true, `${error.uri} means a timeout`);
    },
  },
  {
    name: "pattern procedures",
    needs: ["callee", "patterns"],
    play: async (stage) => {
      const { theirs, ours, uri } = stage;
      const prefix = uri("prefix");
      await theirs.register(prefix, "who", { match: "prefix" });
      const one = (await ours.call(`${prefix}.some.thing`)).args[0] as { procedure: unknown };
      if (theirs.can.has("disclosure")) same(one.procedure, `${prefix}.some.thing`, "the procedure called");
      const wildcard = uri("wild");
      await theirs.register(`${wildcard}..end`, "say:wild", { match: "wildcard" });
      same((await ours.call(`${wildcard}.any.end`)).args[0], "wild", "a wildcard's result");
    },
  },
  {
    name: "shared procedures",
    needs: ["callee", "shared"],
    play: async ({ theirs, ours, uri }) => {
      const shared = uri("shared");
      await theirs.register(shared, "say:theirs", { invoke: "roundrobin" });
      await ours.register(shared, "say:ours", { invoke: "roundrobin" });
      const said: unknown[] = [];
      for (let at = 0; at < 4; at++) said.push((await ours.call(shared)).args[0]);
      same([...said].sort(), ["ours", "ours", "theirs", "theirs"], "who was called");
    },
  },
  {
    name: "takes procedures over",
    needs: ["callee", "force_reregister"],
    play: async ({ theirs, ours, uri }) => {
      const taken = uri("taken");
      await ours.register(taken, "say:ours");
      const refused = await refusal(theirs.register(taken, "say:theirs"), "a second registration");
      if (theirs.can.has("error_uri")) same(refused.uri, "wamp.error.procedure_already_exists", "its refusal");
      await theirs.register(taken, "say:theirs", { force_reregister: true });
      same((await ours.call(taken)).args[0], "theirs", "who answers");
    },
  },
];

/** What of these a stage has the means for. */
export function playable(stage: Parameters<typeof able>[0], scenarios: readonly Scenario[]): readonly Scenario[] {
  return scenarios.filter(({ needs }) => able(stage, needs));
}
