/** @type {(z: number, bound: number | null) => number} */
function bounded(z, bound) {
  return bound ? z / Math.hypot(1, z / bound) : z;
}
