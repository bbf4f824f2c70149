/** Sentences about cells that training had nothing like. */
function warningsFor(row, cells) {
  const warnings = [];
  columns.forEach((column, i) => {
    const cell = cells[i];
    if (cell < column.low || cell > column.high) {
      const [value, low, high] = [cell, column.low, column.high].map((number) => showCell(number, column));
      warnings.push(`${column.name}: ${value} is outside the range of training, ${low} to ${high}.`);
    }
    if (known[i] && cell !== "" && !column.unused && !known[i].has(cell)) {
      warnings.push(`${column.name}: "${cell}" did not occur in training.`);
    }
  });
  for (const name of cellsOf(row) ? [] : Object.keys(row)) {
    if (!names.has(name)) warnings.push(`${name} is no column of this model and was not used.`);
  }
  return warnings;
}

/** A number as people read it: a date as a date. */
function showCell(number, column) {
  if (column.kind !== "date" || !Number.isFinite(number)) return String(Number(number.toPrecision(6)));
  return new Date(number * 864e5).toISOString().replace(/T00:00:00.000Z$/, "");
}
