/**
 * The entries of x at some places.
 * @type {(x: Numbers, places: Numbers) => Float64Array}
 */
function select(x, places) {
  const y = new Float64Array(places.length);
  for (let i = 0; i < y.length; i++) y[i] = x[places[i]];
  return y;
}
