import type { Installation } from "./install.ts";
import type { Report } from "./report.ts";

/** Some peers that are tried together. */
export interface Suite {
  /** What `--only` takes. */
  readonly name: string;
  readonly needs: readonly Installation[];
  run(report: Report): Promise<void>;
}
