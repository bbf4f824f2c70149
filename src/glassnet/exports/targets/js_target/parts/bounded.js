function bounded(z, bound) {
  return bound ? z / Math.hypot(1, z / bound) : z;
}
