import { arch, cpus, totalmem, type } from "node:os";
import { type Measurement, PAYLOAD, type Plan } from "../measure.ts";
import { COLUMNS, rows } from "./table.ts";

/**
 * Writes the results as Markdown.
 *
 * @param measurements What was measured.
 * @param plan How long.
 * @returns The page.
 */
export function markdown(measurements: readonly Measurement[], plan: Plan): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const spread = measurements.filter((one) => one.shape.callers > 1).map((one) => {
    const [least, most] = one.cpuRange;
    return `${one.version} ${one.format} ${one.subject} ${least.toFixed(2)}-${most.toFixed(2)}`;
  });
  return `# What a call costs the router

![CPU time per call](rpc.svg)

A caller's CALL and the callee's YIELD of a ${PAYLOAD.length}-byte text, both sent by a load generator in a process of its own: raw
sockets, frames built once, no WAMP library. The null relay is the same kind of listener that answers this load by slicing text or
bytes: no parsing, no objects, no checks. Both write a turn's frames at once. *CPU us/call* is the CPU time of all threads of the
router's process for one call, *to null* its ratio to the null relay's in the same round, *generator* the CPU load of the generator.

${line(COLUMNS)}
${line(COLUMNS.map((_, column) => column < 4 ? "---" : "---:"))}
${rows(measurements).map(line).join("\n")}

Medians of ${plan.rounds} rounds of ${plan.seconds} s, router and null relay taking turns, after ${plan.warmUp} s of warming up.
Least and most CPU us/call of the rounds at 4 x 16: ${spread.join(", ")}.

${new Date().toISOString().slice(0, 10)}, ${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${
    Math.round(totalmem() / 2 ** 30)
  } GiB, ${type()} ${arch()}; ${
    [...new Set(measurements.map((one) => one.version))].join(", ")
  }. Made by \`npm run bench\`.
`;
}
