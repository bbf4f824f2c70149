/**
 * 1 or 0 for the words that mean true and false in a column; NaN for others.
 * @type {(text: string, column: Column) => number}
 */
function parseTruth(text, {trues = [], falses = []}) {
  const word = text.toLowerCase();
  return trues.includes(word) ? 1 : falses.includes(word) ? 0 : NaN;
}

/**
 * The words true and false in the place of others such as yes and no, where a column has no other cells.
 * @type {(texts: string[], column: Column) => Column}
 */
function fittedWords(texts, column) {
  const others = texts.some((text) => !["true", "false"].includes(text.toLowerCase()));
  return others ? {...column, free: false} : {...column, trues: ["true"], falses: ["false"], free: false};
}
