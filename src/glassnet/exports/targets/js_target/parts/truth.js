/**
 * 1 or 0 for the words that mean true and false in a column; NaN for others.
 * @type {(text: string, column: Column) => number}
 */
function parseTruth(text, {trues = [], falses = []}) {
  const word = text.toLowerCase();
  return trues.includes(word) ? 1 : falses.includes(word) ? 0 : NaN;
}
