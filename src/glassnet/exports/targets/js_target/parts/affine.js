/**
 * y[o] = b[o] + sum over i of x[i] * W[o][i] for every group and row; four sums at a time, which is faster and rounds less.
 * @type {(x: Numbers, W: Numbers, b: Numbers, groups: number, rows: number, inputs: number, outputs: number) => Float64Array}
 */
function affine(x, W, b, groups, rows, inputs, outputs) {
  const y = new Float64Array(groups * rows * outputs);
  const shared = x.length < groups * rows * inputs;
  for (let group = 0, to = 0; group < groups; group++) {
    for (let row = 0; row < rows; row++) {
      const from = (shared ? row : group * rows + row) * inputs;
      for (let output = 0; output < outputs; output++, to++) {
        let w = (group * outputs + output) * inputs;
        let s0 = b.length ? b[group * outputs + output] : 0, s1 = 0, s2 = 0, s3 = 0;
        let i = from;
        for (const end = from + inputs - 3; i < end; i += 4, w += 4) {
          s0 += x[i] * W[w];
          s1 += x[i + 1] * W[w + 1];
          s2 += x[i + 2] * W[w + 2];
          s3 += x[i + 3] * W[w + 3];
        }
        for (const end = from + inputs; i < end; i++, w++) s0 += x[i] * W[w];
        y[to] = s0 + s1 + (s2 + s3);
      }
    }
  }
  return y;
}
