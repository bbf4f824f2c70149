/**
 * What a cell says, as a number that is NaN for a missing one.
 * @type {(cell: any, column: Column, parse: (text: string, column: Column) => number) => number}
 */
function readNumber(cell, column, parse) {
  if (typeof cell === "number" && column.kind !== "boolean") return cell;
  if (cell instanceof Date && column.kind === "date") return cell.getTime() / 864e5;
  if (typeof cell === "boolean" && column.kind !== "date") return Number(cell);
  const text = cell === null || cell === undefined ? "" : ordinary(String(cell).trim());
  if (MISSING.has(text.toLowerCase()) || (column.missing || []).includes(text)) return NaN;
  const value = parse(text, column);
  if (Number.isNaN(value) && !column.loose) throw new TypeError(`${column.name} must be ${column.must}, got "${text}".`);
  return value;
}

/**
 * A text with the plain forms of minus signs, blanks and apostrophes.
 * @type {(text: string) => string}
 */
function ordinary(text) {
  return text.replace(/[−–‒]/g, "-").replace(/[\u00a0\u2009\u202f]/g, " ").replace(/[’ʼ´]/g, "'");
}
