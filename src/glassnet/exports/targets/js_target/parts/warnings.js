/**
 * Sentences about cells that training had nothing like.
 * @type {(row: any, cells: any[]) => string[]}
 */
function warningsFor(row, cells) {
  const warnings = /** @type {string[]} */ ([]);
  columns.forEach((column, i) => {
    const cell = cells[i];
    const {low = -Infinity, high = Infinity} = column;
    if (cell < low || cell > high) {
      const [value, from, to] = [cell, low, high].map((number) => showCell(number, column));
      warnings.push(`${column.name}: ${value} is outside the range of training, ${from} to ${to}.`);
    }
    const categories = known[i];
    if (categories && categories.size && cell !== "" && !categories.has(cell)) {
      warnings.push(`${column.name}: "${cell}" did not occur in training.`);
    }
  });
  for (const name of cellsOf(row) ? [] : Object.keys(row)) {
    if (!names.has(name)) warnings.push(`${name} is no column of this model and was not used.`);
  }
  return warnings;
}

/**
 * A number as it is written in its column: a date as a date, a time as a time.
 * @type {(number: number, column: Column) => string}
 */
function showCell(number, column) {
  if (!Number.isFinite(number)) return String(number);
  if (column.kind === "date") {
    return new Date(Math.round(number * 86400) * 1000).toISOString().replace(/(T00:00)?(:00)?\.000Z$/, "");
  }
  if (!column.style) return String(Number(number.toPrecision(10))).replace(".", column.decimal || ".");
  const parts = [number / 3600, (number / 60) % 60, number % 60].map((part) => String(Math.floor(part)).padStart(2, "0"));
  return number < 0 ? "-" + showCell(-number, column) : parts.join(":");
}
