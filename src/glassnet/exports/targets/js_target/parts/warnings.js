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
    const isGone = cell === "" || (column.missing || []).includes(cell);
    if (categories && categories.size && !isGone && !categories.has(cell)) {
      warnings.push(`${column.name}: "${cell}" did not occur in training.`);
    }
  });
  return [...warnings, ...gapsOf(row, cells)];
}

/**
 * Sentences about cells that are missing and should not be, and about what is no column.
 * @type {(row: any, cells: any[]) => string[]}
 */
function gapsOf(row, cells) {
  const isGone = (/** @type {number} */ i) => cells[i] === "" || Number.isNaN(cells[i]);
  const gone = columns.filter((column, i) => column.full && isGone(i));
  const isOpen = (/** @type {Column} */ column) => !column.unused && !gone.includes(column);
  const absent = cellsOf(row) ? [] : columns.filter((column) => isOpen(column) && own(row, column.name) === undefined);
  const others = cellsOf(row) ? [] : Object.keys(row).filter((name) => !names.has(name));
  const sentences = gone.length ? [`${listed(gone)} missing, where training had none.`] : [];
  if (absent.length) sentences.push(`${listed(absent)} not in the row: missing.`);
  return [...sentences, ...others.map((name) => `${name} is no column of this model and was not used.`)];
}

/** @type {(some: Column[]) => string} */
function listed(some) {
  const shown = some.slice(0, some.length > 4 ? 3 : 4).map((column) => column.name);
  const last = some.length > 4 ? `${some.length - 3} more` : shown.pop();
  return `${shown.length ? shown.join(", ") + " and " : ""}${last} ${some.length > 1 ? "are" : "is"}`;
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
  if (column.style === "time" && number % 60 === 0) parts.pop();
  return number < 0 ? "-" + showCell(-number, column) : parts.join(":");
}
