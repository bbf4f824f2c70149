/** 1 / (1 + exp(-z)), of which no part overflows. */
function sigmoid(z) {
  const e = Math.exp(-Math.abs(z));
  return z < 0 ? e / (1 + e) : 1 / (1 + e);
}
