/**
 * @typedef {string | number | boolean | Date | null | undefined} Cell a date as a number is in days since 1970-01-01
 * @typedef {{[column: string]: Cell} | ArrayLike<Cell>} Row cells by the name of the column, or in the order of `columns`
 * @typedef {string | number | boolean} Label
 * @typedef {ArrayLike<number>} Numbers
 * @typedef {{[name: string]: number}} Named
 * @typedef {object} Column
 * @property {string} name
 * @property {string} kind
 * @property {string} [must] what its cells must be
 * @property {number} [low] of training
 * @property {number} [high]
 * @property {string[]} [categories] of training
 * @property {string[]} [trues] words for true
 * @property {string[]} [falses]
 * @property {string} [decimal] how its text is written: marks, unit, order of day and month, an example
 * @property {string} [thousands]
 * @property {string} [unit]
 * @property {string} [style]
 * @property {string} [order]
 * @property {string} [example]
 * @property {boolean} [timed] dates with a time of day
 * @property {boolean} [packed] dates such as 20240531
 * @property {string[]} [missing] texts that mean no value
 * @property {number[]} [codes] numbers that mean no value
 * @property {string[]} [before] units that may stand before a number
 * @property {string[]} [also] other ways to write the unit
 * @property {boolean} [free] whether training has left open how its text is written
 * @property {boolean} [full] whether training had a value in every row
 * @property {boolean} [loose] whether what cannot be read is missing
 * @property {boolean} [asText] whether only an empty text is missing
 * @property {boolean} [unused] whether the model leaves it out
 */

/**
 * The prediction for one row, with warnings about cells unlike those of training.
 * @param {Row} row
 */
function predict(row) {
  const cells = readRow(row);
  return answer(forward(encode(cells)), warningsFor(row, cells));
}

/**
 * The predictions for many rows.
 * @param {Row[]} rows
 */
function predictMany(rows) {
  if (!Array.isArray(rows)) throw new TypeError("predictMany: the rows are no array; they must be one.");
  return rows.map((row) => predict(row));
}

/**
 * The outputs for one row as plain numbers: probabilities, numbers or quantiles.
 * @param {Row} row
 */
function outputs(row) {
  const y = forward(encode(readRow(row)));
  const found = [];
  for (let i = 0; i < y.length; i++) found.push(y[i]); // Array.from takes longer than a small net
  return found;
}

/** The number of test rows that this file gets wrong, plus 1 if its numbers or texts have been altered: 0 is good. */
function selftest() {
  return selftestDetails().failures;
}

function selftestDetails() {
  const errors = testRows.map((row, i) => {
    const y = forward(encode(about.table ? readRow(row) : row));
    const far = expected[i].map((e, j) => (Object.is(y[j], e) ? 0 : Math.abs(y[j] - e) / Math.max(1, Math.abs(e))));
    return far.every((error) => error <= 1e-9) ? Math.max(...far) : Infinity;
  });
  const wrong = errors.filter((error) => error === Infinity).length;
  const altered = checksum() !== CHECKSUM;
  return {failures: wrong + Number(altered), rows: errors.length, wrong, altered, worst: Math.max(...errors)};
}
