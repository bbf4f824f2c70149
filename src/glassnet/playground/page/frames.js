export function decode() { return null; }
