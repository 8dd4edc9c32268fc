import { arch, cpus, loadavg, totalmem, type } from "node:os";
import type { Report, Table } from "./report.ts";

/**
 * Writes a report as Markdown.
 *
 * @param report What was measured.
 * @returns The page.
 */
export function markdown({ name, title, about, tables, notes }: Report): string {
  return `# ${title}

![${title}](${name}.svg)

${about}

${tables.map(markdownTable).join("\n\n")}

${notes.map((note) => `${note}\n`).join("\n")}
${new Date().toISOString().slice(0, 10)}, ${hardware()}, load average ${
    loadavg()[1]!.toFixed(1)
  }. Made by \`npm run bench\`.
`;
}

/** What was measured on. */
export function hardware(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${memory} GiB, ${type()} ${arch()}`;
}

function markdownTable({ title, columns, texts, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    ...title === undefined ? [] : [`## ${title}`, ""],
    line(columns),
    line(columns.map((_, column) => column < texts ? "---" : "---:")),
    ...rows.map(line),
  ].join("\n");
}
