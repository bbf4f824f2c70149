/**
 * What the probabilities y say: the labels above one half, and each by its name.
 * @type {(y: Float64Array, warnings: string[]) => {labels: Label[], probabilities: Named, warnings: string[]}}
 */
function answer(y, warnings) {
  return {labels: labels.filter((_, i) => y[i] > 0.5), probabilities: byName(about.names, y), warnings};
}
