/** @type {(cell: any, present: number, missing: number) => Numbers} */
function flag(cell, present, missing) {
  return [Math.fround(cell === "" || Number.isNaN(cell) ? missing : present)];
}
