/**
 * What the outputs y say: each by its name.
 * @type {(y: Float64Array, warnings: string[]) => {numbers: Named, warnings: string[]}}
 */
function answer(y, warnings) {
  return {numbers: byName(about.names, y), warnings};
}
