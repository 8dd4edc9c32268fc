import type { Clock } from "../../wire/clock.ts";
import type { Dict, WampValue } from "../../wire/values.ts";
import { syncDirectory } from "../directory.ts";
import type { Directory } from "../directory.ts";
import type { Users } from "../users.ts";
import type { Procedure } from "./procedure.ts";

/** Callers do not wear the directory out: what it answered holds for so many milliseconds. */
const GOOD_FOR = 60_000;

/**
 * Makes the procedures about the directory; without one its lists are empty.
 *
 * @param directory The directory, if there is one.
 * @param users The users, for what is taken over from it.
 * @param clock Where time comes from.
 * @returns The procedures.
 */
export function directoryProcedures(directory: Directory | undefined, users: Users, clock: Clock): Procedure[] {
  const listedUsers = remembered(clock, async () => {
    const entries = await directory?.users() ?? [];
    return entries.map((entry): Dict => ({ attributes: entry, db: entry["dn"] }));
  });
  const listedGroups = remembered(clock, async () => await directory?.groups() ?? []);
  const sync = oneAtATime(async () => {
    if (directory !== undefined) await syncDirectory(directory, users);
  });
  const list = (name: string, handler: () => Promise<WampValue>): Procedure[] => [
    { name: `ad.${name}`, bare: true, parameters: [], handler },
    { name: `directory.${name}`, bare: false, parameters: [], handler },
  ];
  return [
    ...list("users", listedUsers),
    ...list("groups", listedGroups),
    {
      name: "system.sync",
      bare: true,
      parameters: [],
      handler: async () => {
        await sync();
        return null;
      },
    },
  ];
}

/** Lets one run at a time. Who asks meanwhile gets the next one, all the same, since the one that runs may have passed over what they mean. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const run = () => {
    next = undefined;
    const own = running = work();
    const ended = () => {
      if (running === own) running = undefined;
    };
    own.then(ended, ended);
    return own;
  };
  return () => running === undefined ? run() : next ??= running.then(run, run);
}

/** Asks once for all who ask at the same time or soon after; what failed is asked again. */
function remembered<T>(clock: Clock, ask: () => Promise<T>): () => Promise<T> {
  let known: { readonly answer: Promise<T>; readonly until: number } | undefined;
  return () => {
    if (known !== undefined && clock.now() < known.until) return known.answer;
    const answer = ask();
    const asked = known = { answer, until: clock.now() + GOOD_FOR };
    answer.catch(() => {
      if (known === asked) known = undefined;
    });
    return answer;
  };
}
