const NUMBER =
  /^(\()? ?([-+]?) ?([^-+\d\s.,()][^-+\d()]*?)? ?([-+]?) ?(\d[\d., '_]*|[.,]\d+)(e[-+]?\d{1,3})? ?([^-+\d\s.,()][^()]*?)? ?(-)?(\))?$/i;

/**
 * The number in a text with the marks and the unit of its column; NaN if it is none.
 * @type {(text: string, column: Column) => number}
 */
function parseNumber(text, {decimal = ".", thousands = "", unit = ""}) {
  if (/^[-+]?(inf(inity)?|∞)$/i.test(text)) return text[0] === "-" ? -Infinity : Infinity;
  const found = NUMBER.exec(text);
  if (!found) return NaN;
  const [, open = "", sign, before = "", inner, body, power = "", after = "", behind = "", close = ""] = found;
  const signs = open + sign + inner + behind;
  if (signs.length > 1 || !open !== !close || !sameUnit((before + after).trim(), unit)) return NaN;
  const [whole, fraction = "", ...more] = body.trim().split(decimal);
  const parts = thousands ? whole.split(thousands) : [whole];
  const grouped = parts.slice(1).every((part, i) => part.length === 3 || (part.length === 2 && i < parts.length - 2));
  const digits = parts.join("");
  if (more.length || !grouped || (parts[1] && parts[0].length > 3) || !/^\d+$/.test(digits + fraction)) return NaN;
  const size = Number(`${digits || 0}.${fraction || 0}${power}`);
  return signs === "-" || open ? -size : size;
}

/**
 * Whether a unit is none, or that of the column but for capitals, a full stop or a plural s.
 * @type {(found: string, unit: string) => boolean}
 */
function sameUnit(found, unit) {
  const plain = (/** @type {string} */ word) => word.replace(/\.$/, "").replace(/(..)s$/, "$1");
  const [a, b] = [plain(found), plain(unit)];
  return !found || a === b || (/^[^mM]./.test(b) && a.toLowerCase() === b.toLowerCase());
}
