function flag(cell, present, missing) {
  return [Math.fround(cell === "" || Number.isNaN(cell) ? missing : present)];
}
