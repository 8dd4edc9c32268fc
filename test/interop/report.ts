/** One line of the table: a peer, how it was reached, and what became of its scenarios. */
export interface Row {
  /** What of ours it was tried with: our router or our client. */
  readonly ours: "router" | "client" | "both";
  readonly who: string;
  readonly version: string;
  readonly transport: string;
  readonly serializer: string;
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly why: string }[];
}

/** Collects the lines of the table, and prints each as it comes. */
export class Report {
  readonly rows: Row[] = [];

  add(row: Row): void {
    this.rows.push(row);
    const failures = row.failed.length === 0 ? "" : `, ${row.failed.length} FAILED`;
    console.log(
      `${row.who} ${row.version}, ${row.transport}, ${row.serializer}: ${row.passed.length} passed${failures}`,
    );
    for (const { name, why } of row.failed) console.log(`  ${name}: ${why.split("\n").slice(0, 12).join("\n    ")}`);
  }

  /** Runs one check that makes a line of its own. */
  async check(line: Omit<Row, "passed" | "failed">, checks: Record<string, () => Promise<void>>): Promise<void> {
    const passed: string[] = [];
    const failed: { name: string; why: string }[] = [];
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check();
        passed.push(name);
      } catch (error) {
        failed.push({ name, why: error instanceof Error ? error.message : String(error) });
      }
    }
    this.add({ ...line, passed, failed });
  }

  get failures(): number {
    return this.rows.reduce((sum, { failed }) => sum + failed.length, 0);
  }

  get passes(): number {
    return this.rows.reduce((sum, { passed }) => sum + passed.length, 0);
  }

  /** The table, as Markdown; what passed stands below it, each list once. */
  table(): string {
    const lists: string[] = [];
    const listed = ({ passed }: Row): string => {
      const list = passed.join(", ");
      if (!lists.includes(list)) lists.push(list);
      return `${passed.length} (list ${lists.indexOf(list) + 1})`;
    };
    const head = ["ours", "who", "version", "transport", "serializer", "passed", "failed"];
    const lines = this.rows.map((row) => {
      const { ours, who, version, transport, serializer, failed } = row;
      return [ours, who, version, transport, serializer, listed(row), failed.map(({ name }) => name).join(", ")];
    });
    const widths = head.map((_, at) => Math.max(...[head, ...lines].map((line) => line[at]!.length)));
    const format = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
    const table = [format(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...lines.map(format)];
    return [...table, "", ...lists.map((list, at) => `List ${at + 1}: ${list === "" ? "nothing" : list}.`)].join("\n");
  }
}
