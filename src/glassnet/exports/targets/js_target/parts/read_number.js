/**
 * What a cell says, as a number that is NaN for a missing one; infinite numbers and codes of missing ones are missing.
 * @type {(cell: any, column: Column, parse: (text: string, column: Column) => number) => number}
 */
function readNumber(cell, column, parse) {
  const codes = column.codes || [];
  let value = codes.includes(cell) ? NaN : typedNumber(cell, column.kind);
  if (typeof cell === "string") {
    const text = cell.trim();
    if (isMissing(text) || (column.missing || []).includes(text)) return NaN;
    const plain = ordinary(text);
    value = parse(plain, column.free ? fitted([plain], column) : column);
    if (Number.isNaN(value)) value = column.loose ? NaN : undefined;
  }
  if (value === undefined) throw new TypeError(`${column.name} is ${shown(cell)}; it must be ${column.must}.`);
  return Number.isFinite(value) && !codes.includes(value) ? value : NaN;
}

/**
 * The number of a cell that is no text; undefined if it is of a wrong type.
 * @type {(cell: any, kind: string) => number | undefined}
 */
function typedNumber(cell, kind) {
  if (cell === null || cell === undefined) return NaN;
  if (typeof cell === "number") return kind !== "boolean" || !cell || cell === 1 ? cell : undefined;
  if (typeof cell === "boolean") return kind === "date" ? undefined : Number(cell);
  const time = cell instanceof Date && kind === "date" ? cell.getTime() : NaN;
  return Number.isNaN(time) ? undefined : time / 864e5;
}

/** @type {(text: string) => boolean} */
function isMissing(text) {
  const lower = text.toLowerCase();
  if (!WEAK.has(lower)) return MISSING.has(text);
  const title = lower.replace(/\p{L}+/gu, (word) => word[0].toUpperCase() + word.slice(1));
  return [lower, text.toUpperCase(), title, lower[0].toUpperCase() + lower.slice(1)].includes(text) || MISSING.has(text);
}

/**
 * A text with the plain forms of minus signs, blanks, apostrophes and digits.
 * @type {(text: string) => string}
 */
function ordinary(text) {
  return text
    .replace(/[\uff10-\uff19\u0660-\u0669\u06f0-\u06f9\u0966-\u096f]/g, (digit) => {
      const code = digit.charCodeAt(0);
      return String((code >> 4 === 0x96 ? code - 6 : code) & 15);
    })
    .replace(/[\u2212\u2012\u2013\ufe63\uff0d]/g, "-")
    .replace(/[\u00a0\u2007-\u2009\u202f\u3000]/g, " ")
    .replace(/[\u2019\u02bc\u00b4]/g, "'")
    .replace(/[\uff0e\u066b]/g, ".")
    .replace(/[\uff0c\u066c]/g, ",");
}
