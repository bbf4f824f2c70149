/** @type {(y: Float64Array, warnings: string[]) => {number: number, warnings: string[]}} */
function answer(y, warnings) {
  return {number: y[0], warnings};
}
