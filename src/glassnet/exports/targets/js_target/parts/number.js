const NUMBER =
  /^(\()?\s?([-+])?\s?([^-+\d\s.,()][^-+\d()]*?)?\s?([-+])?\s?(\d(?:[\d., '_]*[\d.,])?|[.,]\d+)(--?|—)?((?:e|\s?[x×*]\s?10\s?\^)[-+]?\d{1,3})?\s?([^\d\s.,()+;:<>=?!'_/-][^\d()<>=?!;:]{0,15}|[^\d\s]{0,8}[²³]|[cdkm]?m\d|["'])?(-)?\s?(\))?$/i;
const GROUPED = /^(?:\d{1,3}([.,' _])\d{3}(?:\1\d{3})*|\d{1,2}([,. ])(?:\d\d\2)+\d{3})$/;
const INFINITE = /^(?:[-+]?(?:inf|Inf|INF|infinity|Infinity|INFINITY)|-?∞)$/;

/**
 * The number in a text with the marks and the unit of its column; NaN if it is none.
 * @type {(text: string, column: Column) => number}
 */
function parseNumber(text, {decimal = ".", thousands = "", unit = "", before: signs = [], also = []}) {
  if (INFINITE.test(text)) return text[0] === "-" ? -Infinity : Infinity;
  const found = NUMBER.exec(text);
  if (!found) return NaN;
  const [, open = "", first = "", before = "", inner = "", body, cents = "", power = "", after = "", last = "", close = ""] = found;
  const marked = /[.,]$/.test(body); // behind a mark, dashes stand for no cents
  const sign = open + first + inner + (marked ? "" : cents) + last;
  if (sign.length > 1 || sign === "—" || !open !== !close || (after && marked)) return NaN;
  if (before && !signs.includes(before.trim())) return NaN;
  if (!sameUnit(before.trim() + after.trim(), unit, also)) return NaN;
  const reading = readingsOf(body).find(([point, group]) => (!point || point === decimal) && (!group || group === thousands));
  if (!reading) return NaN;
  const [whole, fraction] = reading[0] ? body.split(reading[0]) : [body, ""];
  const [exponent] = /[-+]?\d+$/.exec(power) || ["0"];
  const size = Number(`${whole.replace(/\D/g, "") || 0}.${fraction || 0}e${exponent}`);
  return sign === "-" || open ? -size : size;
}

/**
 * The marks with which digits are a number, for decimals and for thousands: two pairs for 9,999, and none for 9.9.9.
 * @type {(body: string) => [string, string][]}
 */
function readingsOf(body) {
  const marks = body.replace(/\d/g, "");
  const [one = "", other] = new Set(marks);
  if (!one) return [["", ""]];
  if (other) {
    const [whole, fraction, ...more] = body.split(other);
    return !more.length && /[.,]/.test(other) && GROUPED.test(whole) && /^\d*$/.test(fraction) ? [[other, one]] : [];
  }
  const found = /** @type {[string, string][]} */ (/^[.,]$/.test(marks) ? [[one, ""]] : []);
  return GROUPED.test(body) ? [...found, ["", one]] : found;
}

/**
 * Whether a unit is none, or that of the column but for capitals, a full stop or a plural s.
 * @type {(found: string, unit: string, also: string[]) => boolean}
 */
function sameUnit(found, unit, also) {
  const plain = (/** @type {string} */ word) => (word.length > 2 ? word.replace(/\.+$/, "").replace(/s$/, "") : word);
  const [a, b] = [plain(found), plain(unit)];
  const loose = [a, b].every((word) => /^[^mM]./.test(word));
  return !found || a === b || also.includes(found) || (loose && a.toLowerCase() === b.toLowerCase());
}

/**
 * The marks of numbers that training had none of, where all cells of a column together show them.
 * @type {(texts: string[], column: Column) => Column}
 */
function fittedMarks(texts, column) {
  const [points, groups, open] = [new Set(), new Set(), new Set()];
  let longest = 0;
  for (const text of texts) {
    const body = (NUMBER.exec(text) || [])[5] || "";
    const readings = body ? readingsOf(body) : [];
    for (const [point, group] of readings.length === 1 ? readings : []) {
      if (point) points.add(point);
      if (group) groups.add(group);
      if (!point && !group) longest = Math.max(longest, body.length);
    }
    if (readings.length === 2) open.add(readings[0][0]);
    if (readings.length === 2 && body[0] === "0" && body.length === 5) points.add(readings[0][0]);
  }
  const [decimal, thousands] = chosenMarks(points, groups, open, longest);
  return {...column, decimal, thousands, free: false};
}

/**
 * Marks from those that certainly stand before decimals or between thousands, and those that may be either.
 * @type {(points: Set<any>, groups: Set<any>, open: Set<any>, longest: number) => [string, string]}
 */
function chosenMarks(points, groups, open, longest) {
  const [point] = points;
  const [group = ""] = groups;
  const [either] = open;
  if (points.size > 1 || groups.size > 1 || groups.has(point)) return [".", ""]; // they contradict each other
  if (point) {
    const others = [...new Set([...groups, ...open])].filter((mark) => mark !== point);
    return others.length < 2 ? [point, others[0] || ""] : [".", ""];
  }
  if (/[.,]/.test(group)) return [group === "," ? "." : ",", group];
  if (!either || open.size > 1) return [".", group];
  if (group) return [either, group];
  return either === "," && longest && longest <= 3 ? [".", ","] : [".", ""];
}
