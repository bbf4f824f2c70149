/** Arrays out of a file: text in base 64 that Python wrote. */

const KINDS = { f4: Float32Array, f8: Float64Array, i4: Int32Array };

/** Numbers for the engine: in double precision, or whole ones for classes. */
export function decoded({ type, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const found = new KINDS[type](bytes.buffer);
  return type === "f4" ? Float64Array.from(found) : found;
}
