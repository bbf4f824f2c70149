/**
 * What the quantiles y say: the number in the middle, and each by its level.
 * @type {(y: Float64Array, warnings: string[]) => {number: number, quantiles: Named, warnings: string[]}}
 */
function answer(y, warnings) {
  const number = about.middle.reduce((sum, i) => sum + y[i], 0) / about.middle.length;
  return {number, quantiles: byName(about.levels, y), warnings};
}
