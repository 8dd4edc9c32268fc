import type { Measurement } from "../measure.ts";

const WIDTH = 720;
const LEFT = 170;
const RIGHT = 130;
const BAR = 16;
const GROUP = 50;
const TOP = 56;

/**
 * Draws CPU time per call as bars, the router's beside the null relay's.
 *
 * @param measurements What was measured; the load with several callers is drawn.
 * @returns An SVG picture.
 */
export function picture(measurements: readonly Measurement[]): string {
  const drawn = measurements.filter((one) => one.shape.callers > 1);
  const groups = drawn.filter((one) => one.subject === "router");
  const most = Math.max(...drawn.map((one) => one.cpuPerCall));
  const { callers, inFlight } = drawn[0]!.shape;
  const height = TOP + groups.length * GROUP + 8;
  const bars = groups.map((router, index) => {
    const relay = drawn.find((one) =>
      one.subject === "null" && one.version === router.version && one.format === router.format
    )!;
    const top = TOP + index * GROUP;
    const bar = (one: Measurement, y: number, fill: string, note: string) => {
      const length = (WIDTH - LEFT - RIGHT) * one.cpuPerCall / most;
      return `<rect x="${LEFT}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${fill}"/>` +
        `<text x="${(LEFT + length + 6).toFixed(1)}" y="${y + 12}">${one.cpuPerCall.toFixed(1)} us${note}</text>`;
    };
    return `<text x="${LEFT - 8}" y="${top + 22}" text-anchor="end">${router.version}, ${router.format}</text>` +
      bar(router, top, "#2b6cb0", `, ${router.toNull.toFixed(2)} x`) +
      bar(relay, top + BAR + 2, "#a0aec0", "");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1a202c">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="16" y="24" font-size="15">CPU time of the router per call (${callers} callers x ${inFlight} in flight, 16-byte text)</text>
<rect x="16" y="34" width="10" height="10" fill="#2b6cb0"/><text x="30" y="43">router, and its ratio to the null relay</text>
<rect x="260" y="34" width="10" height="10" fill="#a0aec0"/><text x="274" y="43">null relay</text>
${bars.join("\n")}
</svg>
`;
}
