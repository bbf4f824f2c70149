/**
 * For each group the rows of its table, of `dim` entries, that the codes in x name.
 * @type {(x: Numbers, table: Numbers, groups: number, codes: number, dim: number) => Float64Array}
 */
function embed(x, table, groups, codes, dim) {
  const y = new Float64Array(groups * codes * dim);
  const length = table.length / groups;
  for (let i = 0; i < groups * codes; i++) {
    const from = Math.floor(i / codes) * length + x[i % x.length] * dim;
    for (let j = 0; j < dim; j++) y[i * dim + j] = table[from + j];
  }
  return y;
}
