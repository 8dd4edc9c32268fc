import type { Report } from "./report.ts";

const WIDTH = 720;
const LEFT = 190;
const RIGHT = 130;
const BAR = 14;
const FILLS = { ours: "#2b6cb0", null: "#a0aec0", other: "#dd9b4b" };
const LEGEND = [["ours", "ours"], ["null", "null relay or nothing"], ["other", "others"]] as const;

/**
 * Draws a report's bars.
 *
 * @param report The report.
 * @returns An SVG picture.
 */
export function picture({ picture: { title, groups } }: Report): string {
  const most = Math.max(...groups.flatMap((group) => group.bars.map((bar) => bar.value)));
  const parts: string[] = [];
  const kinds = new Set(groups.flatMap((group) => group.bars.map((bar) => bar.kind)));
  LEGEND.filter(([kind]) => kinds.has(kind)).forEach(([kind, label], index) => {
    const x = 16 + 170 * index;
    parts.push(
      `<rect x="${x}" y="36" width="10" height="10" fill="${FILLS[kind]}"/><text x="${x + 14}" y="45">${label}</text>`,
    );
  });
  let y = 62;
  for (const { label, bars } of groups) {
    parts.push(`<text x="16" y="${y + 11}" font-weight="600">${escaped(label)}</text>`);
    y += 18;
    for (const bar of bars) {
      const length = (WIDTH - LEFT - RIGHT) * bar.value / most;
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 11}" text-anchor="end">${escaped(bar.label)}</text>` +
          `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${FILLS[bar.kind]}"/>` +
          `<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 11}">${escaped(bar.text)}</text>`,
      );
      y += BAR + 3;
    }
    y += 8;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="system-ui, sans-serif" font-size="12" fill="#1a202c">
<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>
<text x="16" y="24" font-size="15">${escaped(title)}</text>
${parts.join("\n")}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
