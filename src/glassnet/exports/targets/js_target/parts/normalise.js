/**
 * (x - mean) / sqrt(variance + eps), for each run of `width` entries.
 * @type {(x: Numbers, width: number, eps: number) => Float64Array}
 */
function normalise(x, width, eps) {
  const y = new Float64Array(x.length);
  for (let from = 0; from < x.length; from += width) {
    let mean = 0, squares = 0;
    for (let i = from; i < from + width; i++) mean += x[i] / width;
    for (let i = from; i < from + width; i++) squares += (y[i] = x[i] - mean) ** 2;
    const unit = Math.sqrt(squares / width + eps);
    for (let i = from; i < from + width; i++) y[i] /= unit;
  }
  return y;
}
