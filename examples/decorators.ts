/**
 * A class whose decorators say what it serves: `deno run -A examples/decorators.ts` or `bun examples/decorators.ts`. Node cannot read their syntax
 * without a compiler; there, `static procedures` and `static topics` say the same.
 */
import { connect, type Invocation } from "@izaber/wamp";
import { openRealm, Router } from "@izaber/wamp/router";
import { procedure, Queues, service, topic } from "@izaber/wamp/service";

class Counter {
  #total = 0;

  @procedure("counter.add")
  add([amount]: [number]): number {
    return this.#total += amount;
  }

  @procedure("counter.slow", { match: "prefix", queue: "slow" })
  slow(_args: unknown, _kwargs: unknown, call: Invocation): string {
    return `${call.procedure} at ${this.#total}`;
  }

  @topic("counter.reset")
  reset(): void {
    this.#total = 0;
    console.log("reset");
  }

  onReady(): void {
    console.log("ready");
  }
}

const router = new Router({ realms: [openRealm("realm1")] });
const wamp = await connect(router.local(), { realm: "realm1", prefix: "com.example" });
await service(wamp, Counter, { queues: new Queues({ slow: { limit: 1 } }) });

console.log(await wamp.call("counter.add", [2]), await wamp.call("counter.add", [3]));
console.log(await wamp.call("counter.slow.deep"));
await wamp.publish("counter.reset", [], {}, { exclude_me: false, acknowledge: true });
console.log(await wamp.call("counter.add", [1]));
await wamp.close();
await router.close();
