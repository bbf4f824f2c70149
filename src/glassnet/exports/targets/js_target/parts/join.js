/**
 * Values side by side along the last axis; `runs` is the number of entries of all axes before it.
 * @type {(runs: number, parts: Numbers[]) => Float64Array}
 */
function join(runs, parts) {
  const width = parts.reduce((sum, part) => sum + part.length / runs, 0);
  const y = new Float64Array(runs * width);
  let start = 0;
  for (const part of parts) {
    const own = part.length / runs;
    for (let i = 0; i < part.length; i++) y[Math.floor(i / own) * width + start + (i % own)] = part[i];
    start += own;
  }
  return y;
}
