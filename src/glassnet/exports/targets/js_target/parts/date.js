const [YEAR, SHORT_YEAR] = ["(?<year>\\d{4})", "(?<year>\\d{4}|'?\\d\\d)"];
const [MONTH, DAY_OF, NAME] = ["(?<month>\\d\\d?)", "(?<day>\\d\\d?)", "(?<name>[a-zÀ-ÿ]{3,10})\\.?"];
const NTH = `${DAY_OF}(?:st|nd|rd|th|\\.|º|er)?`;
const OPEN = "(?<first>\\d\\d?)(?<gap>[-/. ])(?<second>\\d\\d?)\\k<gap>" + SHORT_YEAR;
const DATES = [
  `${YEAR}(?<gap>[-/. ])${MONTH}\\k<gap>${DAY_OF}`,
  OPEN,
  `(?<first>\\d\\d?)\\. (?<second>\\d\\d?)\\. ${SHORT_YEAR}`,
  `${NTH}[-/. ]?\\s?(?:de |of )?${NAME},?[-/. ]?\\s?(?:de |del )?${SHORT_YEAR}`,
  `${NAME}[-/. ]\\s?${NTH},?[-/ ]\\s?${SHORT_YEAR}`,
  `${YEAR}[-/ ]${NAME}[-/ ]${DAY_OF}`,
  `${YEAR}\\. ?${MONTH}\\. ?${DAY_OF}\\.`,
  `${YEAR}年${MONTH}月${DAY_OF}日`,
];
const PERIODS = [
  `${YEAR}[-/](?<month>\\d\\d)`, `${YEAR}M(?<month>\\d\\d)`, `${MONTH}[-/.]${YEAR}`, `${NAME}[-/. ,]\\s?${SHORT_YEAR}`,
  `${YEAR}[-/ ]${NAME}`, `${YEAR}[- ]?Q(?<quarter>\\d)`, `Q(?<quarter>\\d)[-/ ]?${YEAR}`, `(?<quarter>\\d)Q${SHORT_YEAR}`,
  `H(?<term>\\d)[-/ ]?${YEAR}`, `${YEAR}[- ]?H(?<term>\\d)`, `${YEAR}[-/ ]?W(?<week>\\d\\d)(?:-(?<weekday>\\d))?`,
  `${YEAR}-(?<month>\\d\\d)-(?<day>\\d\\d)/\\d{4}-\\d\\d-\\d\\d`,
];
const WEEKDAY = "(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\\.?,?\\s+|(?:mo|di|mi|do|fr|sa|so)\\.?,\\s*)?";
const CLOCK_TIME =
  "(?<hour>\\d\\d?):(?<minute>\\d\\d)(?::(?<sec>\\d\\d)(?:[.,](?<part>\\d{1,9}))?)?(?:\\s?(?<half>[ap])\\.?\\s?m\\.?)?(?:\\s?(?:Uhr|h))?";
const ZONE =
  "(?:(?:\\s?(?:Z|UTC|GMT)(?!\\S)|\\s(?<zone>WET|WEST|CES?T|MES?Z|EES?T|MSK|E[SD]T|CDT|M[SD]T|P[SD]T|JST|KST|AE[SD]T|NZ[SD]T)|" +
  "\\s?(?:UTC|GMT)?(?<sign>[-+])(?<ahead>\\d\\d):?(?<more>\\d\\d)?|\\s?(?:UTC|GMT)(?<sign1>[-+])(?<ahead1>\\d))(?:\\s?[(\\[][a-z_/ ]{2,30}[)\\]])?)?";
const ZONES = /** @type {{[name: string]: number}} */ ({
  WEST: 1, CET: 1, CEST: 2, MEZ: 1, MESZ: 2, EET: 2, EEST: 3, MSK: 3, EST: -5, EDT: -4, CDT: -5, MST: -7, MDT: -6,
  PST: -8, PDT: -7, JST: 9, KST: 9, AEST: 10, AEDT: 11, NZST: 12, NZDT: 13,
});
const MOMENTS = [
  ...DATES.map((date) => `${WEEKDAY}${date}(?:(?:,?\\s+|T|\\s*-\\s+|,?\\s(?:at|um|à)\\s)${CLOCK_TIME}${ZONE})?`),
  ...DATES.slice(0, 3).map((date) => `${WEEKDAY}${date}\\s+(?<hour>\\d\\d?)[.h](?<minute>\\d\\d)(?:[.m](?<sec>\\d\\d))?s?`),
  ...DATES.map((date) => `${WEEKDAY}${date},?\\s+(?<hour>\\d\\d?)\\s?(?<half>[ap])\\.?m\\.?`),
  `${YEAR}(?<month>\\d\\d)(?<day>\\d\\d)T(?<hour>\\d\\d)(?<minute>\\d\\d)(?<sec>\\d\\d)?${ZONE}`,
  `${YEAR}(?<month>\\d\\d)(?<day>\\d\\d) (?<hour>\\d\\d):?(?<minute>\\d\\d):?(?<sec>\\d\\d)?`,
  ...PERIODS,
].map((pattern) => new RegExp(`^${pattern}$`, "i"));

/**
 * The days since 1970-01-01 of a date, with the time of day as a fraction; NaN if the text is none.
 * @type {(text: string, column: Column) => number}
 */
function parseDate(text, {order = "", packed = false}) {
  const parts = dateParts(packed ? text.replace(/^(\d{4})(\d\d)(\d\d)$/, "$1-$2-$3") : text);
  if (!parts || (!order && parts.first && Number(parts.first) !== Number(parts.second))) return NaN;
  const {hour = "0", minute = "0", sec = "0", part = "", half, zone = "", more = "0"} = parts;
  let hours = Number(hour);
  if (half && (hours < 1 || hours > 12)) return NaN;
  if (half) hours = (hours % 12) + (/p/i.test(half) ? 12 : 0);
  const seconds = (hours * 60 + Number(minute)) * 60 + Number(sec);
  if (Number(minute) > 59 || Number(sec) > 60 || seconds > 86400 + (hours < 24 ? 1 : 0)) return NaN;
  const sign = Number((parts.sign || parts.sign1 || "+") + "1");
  const ahead = sign * (Number(parts.ahead || parts.ahead1 || 0) * 60 + Number(more)) + 60 * (ZONES[zone.toUpperCase()] || 0);
  if (Number(parts.ahead || 0) > 15 || Number(more) > 59) return NaN;
  return dayOf(parts, order) + (seconds + Number(part.padEnd(6, "0").slice(0, 6)) / 1e6 - ahead * 60) / 86400;
}

/**
 * The parts of a text that is a date; null if it is none.
 * @type {(text: string) => {[part: string]: string | undefined} | null}
 */
function dateParts(text) {
  for (const pattern of text.length > 60 ? [] : MOMENTS) {
    const {groups = null} = pattern.exec(text) || {};
    if (groups && (!groups.name || monthOf(groups.name))) return groups;
  }
  return null;
}

/**
 * The days since 1970-01-01 of a day, or of the first day of a period; NaN if it does not exist.
 * @type {(parts: {[part: string]: string | undefined}, order: string) => number}
 */
function dayOf({year: written = "", name, month, day = "1", first, second, quarter, term, week, weekday = "1"}, order) {
  const digits = written.replace("'", "");
  const year = Number(digits) + (digits.length > 2 ? 0 : Number(digits) < 69 ? 2000 : 1900);
  const date = new Date(0);
  if (week) {
    date.setUTCFullYear(year, 0, 4); // which is in the first week
    if (Number(week) < 1 || Number(week) > 53 || Number(weekday) < 1 || Number(weekday) > 7) return NaN;
    return date.getTime() / 864e5 - ((date.getUTCDay() + 6) % 7) + 7 * (Number(week) - 1) + Number(weekday) - 1;
  }
  if (first) [day, month] = order === "mdy" ? [second || "", first] : [first, second];
  let number = name ? monthOf(name) : Number(month);
  if (quarter) number = Number(quarter) < 5 ? 3 * Number(quarter) - 2 : 0;
  if (term) number = Number(term) < 3 ? 6 * Number(term) - 5 : 0;
  date.setUTCFullYear(year, number - 1, Number(day));
  const exists = date.getUTCMonth() === number - 1 && date.getUTCDate() === Number(day) && year > 0;
  return exists ? date.getTime() / 864e5 : NaN;
}

/** @type {(name: string) => number} */
function monthOf(name) {
  return MONTHS.findIndex((names) => names.split(" ").includes(name.toLowerCase())) + 1;
}

/**
 * The order of day and month that training did not show, where all cells of a column together show it.
 * @type {(texts: string[], column: Column) => Column}
 */
function fittedOrder(texts, column) {
  const open = texts.filter((text) => (dateParts(text) || {}).first);
  const wrong = ["dmy", "mdy"].map((order) => open.filter((text) => Number.isNaN(parseDate(text, {...column, order}))).length);
  const dotted = open.every((text) => /^\D*\d+\./.test(text));
  const order = wrong[0] < wrong[1] || (wrong[0] === wrong[1] && dotted) ? "dmy" : wrong[1] < wrong[0] ? "mdy" : "";
  return {...column, order, free: false};
}
