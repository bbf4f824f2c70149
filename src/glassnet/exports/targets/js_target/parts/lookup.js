/**
 * The row of a table for a category; the first one is for a missing cell, the second for an unknown category.
 * @type {(cell: any, places: Map<string, number>, table: Float64Array, width: number) => Numbers}
 */
function lookup(cell, places, table, width) {
  const found = cell === "" ? 0 : places.get(cell);
  const row = found === undefined ? 1 : found;
  return table.subarray(row * width, (row + 1) * width);
}
