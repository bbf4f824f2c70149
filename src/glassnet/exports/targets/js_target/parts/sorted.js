/**
 * Each run of `width` entries in rising order.
 * @type {(x: Numbers, width: number) => Float64Array}
 */
function sorted(x, width) {
  const y = Float64Array.from(x);
  for (let from = 0; from < y.length; from += width) y.subarray(from, from + width).sort();
  return y;
}
