/** @returns {{[name: string]: number}} */
function byName(keys, y) {
  return Object.fromEntries(Array.from(y, (value, i) => [String(keys[i]), value]));
}
