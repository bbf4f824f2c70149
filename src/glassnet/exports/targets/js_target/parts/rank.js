/**
 * The normal quantile of the share of training values below x, in the middle of ties; `edges` are their quantiles.
 * @type {(x: any, fill: number, edges: Numbers, scale: number) => Numbers}
 */
function rank(x, fill, edges, scale) {
  const z = (Number.isNaN(x) ? fill : x) * scale;
  const below = interpolated(z, edges, 1), above = 1 - interpolated(-z, edges, -1);
  const share = (below + above) / 2;
  return [Math.fround(normalQuantile(Math.min(Math.max(share, 1e-7), 1 - 1e-7)))];
}

/**
 * The share of edges below x, interpolated between two of them; with a direction of -1 among their negatives.
 * @type {(x: number, edges: Numbers, direction: number) => number}
 */
function interpolated(x, edges, direction) {
  const last = edges.length - 1;
  const edge = (/** @type {number} */ i) => (direction > 0 ? edges[i] : -edges[last - i]);
  let low = -1, high = edges.length; // edge(low) <= x < edge(high)
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edge(middle) <= x) low = middle;
    else high = middle;
  }
  if (low < 0) return 0;
  if (low === last) return 1;
  const share = (low + (x - edge(low)) / (edge(low + 1) - edge(low))) / last;
  return Number.isNaN(share) ? 0.5 : Math.min(share, 1);
}

/**
 * The inverse of the normal distribution: Wichura's AS 241, to 16 digits.
 * @type {(p: number) => number}
 */
function normalQuantile(p) {
  /** @type {(r: number, above: number[], below: number[]) => number} */
  const ratio = (r, above, below) => {
    const at = (/** @type {number[]} */ factors) => factors.reduce((sum, factor) => sum * r + factor);
    return at(above) / at(below);
  };
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    return q * ratio(0.180625 - q * q,
      [2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
        13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608],
      [5226.495278852545925, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
        5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1]);
  }
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const far = r <= 5
    ? ratio(r - 1.6,
      [7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
        3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734],
      [1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
        0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1])
    : ratio(r - 5,
      [2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
        0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772],
      [2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
        0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1]);
  return q < 0 ? -far : far;
}
