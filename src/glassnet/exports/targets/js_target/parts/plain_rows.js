/**
 * The number in a cell, which may be text.
 * @type {(cell: any, column: Column) => number}
 */
function readCell(cell, column) {
  const isText = typeof cell === "string" && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(cell.trim());
  const number = isText ? Number(cell) : cell;
  if (Number.isFinite(number)) return number;
  throw new TypeError(`${column.name} is ${shown(cell)}; it must be a number.`);
}

/**
 * Sentences about what was not used.
 * @type {(row: any, cells: any[]) => string[]}
 */
function warningsFor(row) {
  const others = cellsOf(row) ? [] : Object.keys(row).filter((name) => !names.has(name));
  return others.map((name) => `${name} is no column of this model and was not used.`);
}
