/** @type {(z: number, bound?: number) => number} */
function bounded(z, bound) {
  return bound ? z / Math.hypot(1, z / bound) : z;
}
