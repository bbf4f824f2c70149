/**
 * A cell in a message.
 * @type {(cell: any) => string}
 */
function shown(cell) {
  if (Array.isArray(cell)) return "a list";
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? "an invalid Date" : "a Date";
  const simple = cell === null || cell === undefined || ["string", "number", "boolean"].includes(typeof cell);
  return simple ? `"${cell === null || cell === undefined ? "" : cell}"` : `a value of type ${typeof cell}`;
}
