/**
 * The mean over the first axis, which has `count` entries.
 * @type {(x: Numbers, count: number) => Float64Array}
 */
function mean(x, count) {
  const y = new Float64Array(x.length / count);
  for (let i = 0; i < x.length; i++) y[i % y.length] += x[i];
  return y.map((sum) => sum / count);
}
