import { Arena } from "../serve/hostile/arena.ts";
import { attacks, full } from "../serve/hostile/attacks.ts";
import { ways } from "../serve/hostile/peers.ts";

/**
 * Attacks a router in every way, over every transport and in every serializer, as hard as is asked of it, while others work with it.
 *
 * @param calls How many calls are left without an answer; the rest is in full measure in any case.
 * @returns What those who behave well saw of it, and turns of the event loop that took a second.
 */
export async function fuzzHostile(calls: number): Promise<string[]> {
  const arena = await Arena.open();
  const found: string[] = [];
  try {
    for (const way of ways) {
      for (const attack of attacks.filter(({ fits }) => fits?.(way) ?? true)) {
        arena.worstTurn = 0;
        await attack.run(arena, way, { ...full, calls, guesses: calls });
        await arena.progress(1);
        await arena.rest();
        const what = `${way.name}: ${attack.name}`;
        console.log(`${what}: the longest turn took ${Math.round(arena.worstTurn)} ms of CPU`);
        if (arena.worstTurn >= 1_000) found.push(`${what}: a turn took ${Math.round(arena.worstTurn)} ms of CPU`);
        for (const error of [...arena.complaints.splice(0), ...arena.failures.splice(0)]) {
          found.push(`${what}: ${error}`);
        }
      }
    }
  } finally {
    await arena.close();
  }
  return found;
}
