import { authorization } from "./authorization.ts";
import { client } from "./client.ts";
import { events } from "./events.ts";
import { rpc } from "./rpc.ts";
import { sessions } from "./sessions.ts";
import { start } from "./start.ts";
import { tables } from "./tables.ts";
import type { Topic } from "./topic.ts";

/** Everything that is measured. */
export const TOPICS: readonly Topic[] = [rpc, events, authorization, tables, sessions, client, start];
