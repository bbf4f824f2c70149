/**
 * (x - center) / unit, rounded to single precision as in training; with a bound b then z / sqrt(1 + (z / b)^2).
 * @type {(x: any, fill: number, center: number, unit: number, bound?: number) => Numbers}
 */
function scaled(x, fill, center, unit, bound) {
  const z = bounded(((Number.isNaN(x) ? fill : x) - center) / unit, bound);
  return [Math.fround(z)];
}
