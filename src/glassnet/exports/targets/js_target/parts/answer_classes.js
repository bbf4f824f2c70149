/**
 * What the probabilities y say: the label of the largest, and each by its name.
 * @type {(y: Float64Array, warnings: string[]) => {label: Label, probabilities: Named, warnings: string[]}}
 */
function answer(y, warnings) {
  const best = y.reduce((found, value, i) => (value > y[found] ? i : found), 0);
  return {label: labels[best], probabilities: byName(about.names, y), warnings};
}
