import { Command } from "commander";
import { portOf } from "./arguments.ts";

interface RecordOptions {
  readonly url: string;
  readonly port: number;
}

interface ReplayCommandOptions {
  readonly port: number;
  readonly url?: string;
}

/**
 * Makes `nexus record` and `nexus replay`.
 *
 * @returns The commands; what they need is loaded when they run.
 */
export function recordCommands(): Command[] {
  return [record(), replay()];
}

function record(): Command {
  return new Command("record")
    .description("Stands between clients and a router until SIGINT or SIGTERM, and writes down every message.")
    .argument("<file>", "where to write; a line for each message, > for those of clients")
    .option("--url <url>", "the router", "ws://127.0.0.1:8080/ws")
    .option("--port <number>", "where clients connect, 0 for a free port", portOf, 8081)
    .addHelpText("after", "\nExamples:\n  nexus record session.wamp --url wss://nexus.example.com/ws --port 9000")
    .action(async (file: string, { url, port }: RecordOptions) => {
      const { recordWire } = await import("./record_wire.ts");
      await recordWire(file, url, port);
    });
}

function replay(): Command {
  return new Command("replay")
    .description(
      "Is the router of a recording to clients, or with --url its clients to a router, and says what differs.",
    )
    .argument("<file>", "what nexus record wrote")
    .option("--url <url>", "be the clients, to this router")
    .option("--port <number>", "be the router, here; 0 for a free port", portOf, 8081)
    .addHelpText(
      "after",
      `
As the router it ends when all has been said. It ends with 6 when something differed.

Examples:
  nexus replay session.wamp --port 9000
  nexus replay session.wamp --url ws://127.0.0.1:8080/ws`,
    )
    .action(async (file: string, { url, port }: ReplayCommandOptions) => {
      const { replayAsClients, replayAsRouter } = await import("./record_wire.ts");
      await (url === undefined ? replayAsRouter(file, port) : replayAsClients(file, url));
    });
}
