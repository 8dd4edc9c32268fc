import { ProcedureRoutes, RemoteError, TopicRoutes } from "@izaber/wamp/app";
import type { AppSession } from "@izaber/wamp/app";

interface Player {
  readonly name: string;
  points: number;
}

/** Who sits at the table, and who is told when that changes. */
const players = new Map<AppSession, Player>();
const watchers = new Set<() => void>();

const table = () => [...players.values()].map(({ name, points }) => ({ name, points }));

function changed(): void {
  for (const tell of watchers) tell();
}

function playerOf(session: AppSession): Player {
  const player = players.get(session);
  if (player === undefined) throw new RemoteError("lobby.error.not_at_the_table", ["enter first"]);
  return player;
}

/** What players do. */
export const rpc: ProcedureRoutes = new ProcedureRoutes()
  .route("lobby.enter", ([name]: [unknown], _kwargs, { session }) => {
    // A caller may say anything, and all who watch the table get it.
    if (typeof name !== "string" || name === "" || name.length > 40) {
      throw new RemoteError("wamp.error.invalid_argument", ["a name is a text of at most 40 characters"]);
    }
    if (table().some((player) => player.name === name)) throw new RemoteError("lobby.error.name_taken", [name]);
    players.set(session, { name, points: 0 });
    changed();
  }, { params: ["name"] })
  .route("lobby.roll", (_args, _kwargs, { session }) => {
    const player = playerOf(session);
    const rolled = 1 + Math.floor(Math.random() * 6);
    player.points += rolled;
    changed();
    return rolled;
  });

/** What players see: the table as it is now, and again whenever it changes. */
export const topics: TopicRoutes = new TopicRoutes().route("lobby.table", async function* ({ signal }) {
  let next = Promise.withResolvers<void>();
  const tell = () => next.resolve();
  watchers.add(tell);
  signal.addEventListener("abort", tell);
  try {
    while (!signal.aborted) {
      yield { players: table() };
      await next.promise;
      next = Promise.withResolvers();
    }
  } finally {
    watchers.delete(tell);
  }
});

/** A player whose page is closed leaves the table. */
export function leave(session: AppSession): void {
  if (players.delete(session)) changed();
}
