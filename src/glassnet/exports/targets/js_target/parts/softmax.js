/**
 * exp(x) over the sum of all exp(x), for each run of `width` entries.
 * @type {(x: Numbers, width: number) => Float64Array}
 */
function softmax(x, width) {
  const y = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += width) {
    let top = -Infinity, sum = 0;
    for (let i = from; i < from + width; i++) top = Math.max(top, x[i]);
    for (let i = from; i < from + width; i++) sum += y[i] = Math.exp(x[i] - top);
    for (let i = from; i < from + width; i++) y[i] /= sum;
  }
  return y;
}
