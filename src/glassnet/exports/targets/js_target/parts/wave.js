/**
 * Sine and cosine of the place within a period, 0 where there is none, scaled as other numbers are.
 * @type {(x: any, period: number, centers: Numbers, units: Numbers, bound?: number) => Numbers}
 */
function wave(x, period, centers, units, bound) {
  const phase = 2 * Math.PI * ((x % period) / period);
  return [Math.sin(phase), Math.cos(phase)].map((s, i) =>
    Math.fround(bounded(((Number.isNaN(x) ? 0 : s) - centers[i]) / units[i], bound)),
  );
}
