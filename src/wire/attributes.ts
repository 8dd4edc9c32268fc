import { emptyDict } from "./values.ts";
import type { Dict } from "./values.ts";

/**
 * Finds the attributes of a program's own among Options or Details: WAMP's names never begin with `_`, theirs do.
 *
 * @param dict Options or Details.
 * @returns Those attributes; the empty dictionary where there are none.
 */
export function ownAttributes(dict: Dict): Dict {
  for (const name in dict) {
    // By entries, since one may be called `__proto__`.
    if (name[0] === "_") return Object.fromEntries(Object.entries(dict).filter(([name]) => name[0] === "_"));
  }
  return emptyDict;
}
