/**
 * The category that a cell names, "" for none; whole numbers have no point, and numbers are written as in Python.
 * @type {(cell: any, column: Column) => string}
 */
function readCategory(cell, column) {
  const isSimple = cell === null || cell === undefined || ["string", "number", "boolean"].includes(typeof cell);
  if (!isSimple) throw new TypeError(`${column.name} is ${shown(cell)}; it must be text.`);
  if (typeof cell === "boolean") return cell ? "True" : "False";
  if (typeof cell === "number" && Number.isFinite(cell)) {
    if (Number.isInteger(cell)) return String(BigInt(cell));
    return (Math.abs(cell) < 1e-4 ? cell.toExponential() : String(cell)).replace(/-(\d)$/, "-0$1");
  }
  const text = cell === null || cell === undefined || Number.isNaN(cell) ? "" : stripped(String(cell));
  const absent = column.asText ? text === "" : MISSING.has(text);
  return absent && !(column.categories || []).includes(text) ? "" : text;
}

/**
 * A text without blanks around it, of which a byte order mark is none.
 * @type {(text: string) => string}
 */
function stripped(text) {
  return text.replace(/^(?:[^\S\ufeff]|[\x1c-\x1f\x85])+|(?:[^\S\ufeff]|[\x1c-\x1f\x85])+$/g, "");
}
