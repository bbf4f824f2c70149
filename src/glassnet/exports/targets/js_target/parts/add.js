/** @type {(a: Numbers, b: Numbers) => Float64Array} */
function add(a, b) {
  const y = new Float64Array(a.length);
  for (let i = 0; i < y.length; i++) y[i] = a[i] + b[i];
  return y;
}
