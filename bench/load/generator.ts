/**
 * The load generator: callers and callee, publisher and subscribers over raw sockets, in a process of its own.
 *
 * It takes one JSON command a line from standard input and answers each with one line.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Calls } from "./calls.ts";
import type { Command } from "./commands.ts";
import { Crowd } from "./crowd.ts";
import { Events } from "./events.ts";

const targets = new Map<string, Calls | Events | Crowd>();

async function obey(command: Command): Promise<unknown> {
  switch (command.do) {
    case "join":
      targets.set(command.target, await Calls.join(command));
      return {};
    case "run":
      return await (targets.get(command.target) as Calls).run(command);
    case "subscribe":
      targets.set(command.target, await Events.join(command));
      return {};
    case "publish":
      return await (targets.get(command.target) as Events).run(command);
    case "crowd": {
      const crowd = new Crowd();
      targets.set(command.target, crowd);
      return await crowd.join(command);
    }
    case "joins": {
      const crowd = new Crowd();
      targets.set(command.target, crowd);
      return await crowd.joinFor(command);
    }
    case "leave":
      targets.get(command.target)?.close();
      targets.delete(command.target);
      return {};
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await obey(JSON.parse(line))));
}
for (const target of targets.values()) target.close();
