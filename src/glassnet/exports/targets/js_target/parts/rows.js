/**
 * The cells of a row, in the order of `columns`.
 * @type {(row: Row) => (string | number)[]}
 */
function readRow(row) {
  if (typeof row !== "object" || row === null) throw new TypeError("predict: the row is no object or array; it must be one.");
  const cells = cellsOf(row);
  if (cells && cells.length !== columns.length) {
    throw new TypeError(`predict: the row has ${cells.length} cells; it must have ${columns.length}.`);
  }
  const found = [];
  for (let i = 0; i < columns.length; i++) {
    const column = columns[i];
    found.push(column.unused ? "" : readCell(cells ? cells[i] : own(row, column.name), column));
  }
  return found;
}

/**
 * The cells if a row is an array of them, else null.
 * @type {(row: any) => Cell[] | null}
 */
function cellsOf(row) {
  return Array.isArray(row) || ArrayBuffer.isView(row) ? /** @type {any} */ (row) : null;
}

/** @type {(row: any, name: string) => Cell} */
function own(row, name) {
  return Object.prototype.hasOwnProperty.call(row, name) ? row[name] : undefined;
}
