const TIME = /(?:(?:T|,? +)(\d\d?):(\d\d)(?::(\d\d(?:[.,]\d+)?))? ?(?:([ap])\.?m\.?)? ?(Z|UTC|GMT|[-+]\d\d:?\d\d)?)?$/i;

/**
 * The days since 1970-01-01 of a date, with the time of day as a fraction; NaN if the text is none.
 * @type {(text: string, column: Column) => number}
 */
function parseDate(text, {order = "", packed = false}) {
  const time = /** @type {RegExpExecArray} */ (TIME.exec(text));
  const [, hour = "0", minute = "0", second = "0", half = "", zone = ""] = time;
  const parts = dateParts(text.slice(0, time.index), order, packed);
  if (!parts) return NaN;
  const [year, month, day] = parts.map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || year < 1) return NaN;
  let hours = Number(hour);
  if (half) hours = (hours % 12) + (/p/i.test(half) ? 12 : 0);
  const seconds = Number(second.replace(",", "."));
  if (hours > 24 || Number(minute) > 59 || seconds >= 61) return NaN;
  const ahead = /\d/.test(zone) ? Number(zone[0] + "1") * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) : 0;
  return date.getTime() / 864e5 + (hours * 3600 + (Number(minute) - ahead) * 60 + seconds) / 86400;
}

/**
 * Year, month and day of a text; null if it is no date, or one of which the order is not known.
 * @type {(text: string, order: string, packed: boolean) => string[] | null}
 */
function dateParts(text, order, packed) {
  let found = (packed ? /^(\d{4})(\d\d)(\d\d)$/ : /^(?!)/).exec(text) || /^(\d{4})[-/. ](\d\d?)[-/. ](\d\d?)$/.exec(text);
  if (found) return found.slice(1);
  found = /^(\d{4})[-/](\d\d)$/.exec(text);
  if (found) return [found[1], found[2], "1"];
  found = /^(\d\d?)[-/. ] ?(\d\d?)[-/. ] ?(\d{4}|\d\d)$/.exec(text);
  if (!found) return namedParts(text);
  const [, first, second, year] = found;
  if (!order && Number(first) !== Number(second)) return null;
  return order === "mdy" ? [fullYear(year), first, second] : [fullYear(year), second, first];
}

/** @type {(year: string) => string} */
function fullYear(year) {
  return year.length === 2 ? (Number(year) < 69 ? "20" : "19") + year : year;
}
