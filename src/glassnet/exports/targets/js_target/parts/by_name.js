/** @type {(keys: (string | number)[], y: Numbers) => Named} */
function byName(keys, y) {
  return Object.fromEntries(Array.from(y, (value, i) => [String(keys[i]), value]));
}
