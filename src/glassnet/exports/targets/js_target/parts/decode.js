/**
 * The numbers in base64, of 4 bytes each if they are of single precision, else of 8.
 * @type {(text: string, size: number) => Float64Array}
 */
function decode(text, size) {
  const bytes = atob(text);
  const view = new DataView(new ArrayBuffer(bytes.length));
  for (let i = 0; i < bytes.length; i++) view.setUint8(i, bytes.charCodeAt(i));
  const numbers = new Float64Array(bytes.length / size);
  for (let i = 0; i < numbers.length; i++) {
    numbers[i] = size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true);
  }
  return numbers;
}

/** FNV-1a of the numbers as they are stored, and of all facts: any change to one of them changes it. */
function checksum() {
  let hash = 2166136261;
  const add = (/** @type {number} */ word) => (hash = Math.imul(hash ^ word, 16777619) >>> 0);
  const view = new DataView(new ArrayBuffer(8));
  for (const number of floats) {
    view.setFloat32(0, number);
    add(view.getUint32(0));
  }
  const addDouble = (/** @type {number} */ number) => {
    view.setFloat64(0, number);
    add(view.getUint32(0));
    add(view.getUint32(4));
  };
  const addFact = (/** @type {any} */ fact) => {
    if (typeof fact === "number") return addDouble(fact);
    if (typeof fact === "object" && fact) {
      add(Object.keys(fact).length);
      return Object.entries(fact).forEach((entry) => entry.slice(Array.isArray(fact) ? 1 : 0).forEach(addFact));
    }
    const text = String(fact);
    for (let i = 0; i <= text.length; i++) add(text.charCodeAt(i));
  };
  doubles.forEach(addDouble);
  addFact(facts);
  return hash;
}
