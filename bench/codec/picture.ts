import type { Operation } from "./contestants.ts";
import { meanOf, namesOf } from "./means.ts";
import type { Report } from "./measure.ts";

const WIDTH = 760;
const LEFT = 150;
const RIGHT = 90;
const BAR = 14;
const DRAWN: readonly Operation[] = ["decode", "encode", "pass-through"];

/**
 * Draws the geometric means as bars, ours beside the others'.
 *
 * @param reports One of each runtime.
 * @returns An SVG picture.
 */
export function codecPicture(reports: readonly Report[]): string {
  const parts: string[] = [];
  let y = 40;
  for (const report of reports) {
    for (const operation of DRAWN) {
      const names = namesOf(report, operation).filter((name) => !/^json/i.test(name));
      const means = names.map((name) => meanOf(report, operation, name)!);
      const most = Math.max(...means);
      parts.push(`<text x="16" y="${y + 11}" font-size="13">${report.runtime}, ${operation}</text>`);
      y += 20;
      names.forEach((name, index) => {
        const length = (WIDTH - LEFT - RIGHT) * means[index]! / most;
        const fill = name.endsWith("WASM") ? "#2b6cb0" : name.endsWith("TypeScript") ? "#63b3ed" : "#a0aec0";
        parts.push(
          `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${name}</text>` +
            `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${fill}"/>` +
            `<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 11}">${(means[index]! / 1000).toFixed(2)} us</text>`,
        );
        y += BAR + 3;
      });
      y += 12;
    }
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="system-ui, sans-serif" font-size="11" fill="#1a202c">
<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>
<text x="16" y="24" font-size="15">Geometric means over eight WAMP messages; shorter is better</text>
${parts.join("\n")}
</svg>
`;
}
