/** The cells of a row, in the order of `columns`. */
function readRow(row) {
  if (typeof row !== "object" || row === null) throw new TypeError("predict: a row must be an object or an array.");
  const cells = cellsOf(row);
  if (cells && cells.length !== columns.length) {
    throw new TypeError(`predict: a row must have ${columns.length} cells, got ${cells.length}.`);
  }
  return columns.map((column, i) => readCell(cells ? cells[i] : own(row, column.name), column));
}

/** The cells if a row is an array of them, else null. */
function cellsOf(row) {
  return Array.isArray(row) || ArrayBuffer.isView(row) ? /** @type {Cell[]} */ (row) : null;
}

function own(row, name) {
  return Object.prototype.hasOwnProperty.call(row, name) ? row[name] : undefined;
}

/** What a cell says, as a number that is NaN for a missing one. */
function readNumber(cell, column, parse) {
  if (cell instanceof Date) return cell.getTime() / 864e5;
  if (typeof cell === "boolean") return Number(cell);
  const text = cell === null || cell === undefined ? "" : ordinary(String(cell).trim());
  if (MISSING.has(text.toLowerCase()) || (column.missing || []).includes(text)) return NaN;
  const value = typeof cell === "number" ? cell : parse(text, column);
  if (Number.isNaN(value) || (column.kind === "boolean" && value !== 0 && value !== 1)) {
    if (column.loose) return NaN;
    throw new TypeError(`${column.name} must be ${column.must}, got "${text}".`);
  }
  return value;
}

/** A text with the plain forms of minus signs, blanks and apostrophes. */
function ordinary(text) {
  return text.replace(/[−–‒]/g, "-").replace(/[\u00a0\u2009\u202f]/g, " ").replace(/[’ʼ´]/g, "'");
}
