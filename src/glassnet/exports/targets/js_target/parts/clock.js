const CLOCKS = [
  "(?<hours>\\d\\d?):(?<minutes>\\d\\d)(?::(?<seconds>\\d\\d)(?:[.,](?<part>\\d{1,9}))?)?(?:\\s?(?<half>[ap])\\.?\\s?m\\.?)?(?:\\s?Uhr)?",
  "(?<hours>\\d\\d?)\\.(?<minutes>\\d\\d)\\.(?<seconds>\\d\\d)(?:[.,](?<part>\\d{1,9}))?(?:\\s?(?<half>[ap])\\.?\\s?m\\.?)?(?:\\s?Uhr)?",
  "(?<hours>\\d\\d?)\\s?(?<half>[ap])\\.?m\\.?",
  "(?<minutes>\\d{1,3}):(?<seconds>\\d\\d)[.,](?<part>\\d{1,9})",
  "(?<sign>[-+])?(?:(?<days>\\d{1,6})\\s?d(?:ays?)?,?\\s*)?\\+?(?<hours>\\d{1,5}):(?<minutes>\\d\\d)(?::(?<seconds>\\d\\d)(?:[.,](?<part>\\d{1,9}))?)?",
  "(?<sign>-)?P(?:(?<weeks>\\d{1,4})W)?(?:(?<days>\\d{1,6})D)?(?:T(?:(?<hours>\\d{1,5})H)?(?:(?<minutes>\\d{1,6})M)?(?:(?<seconds>\\d{1,7})(?:[.,](?<part>\\d{1,9}))?S)?)?",
  "(?<sign>-)?(?:(?<weeks>\\d{1,4})\\s?w(?:eeks?)?,?\\s*)?(?:(?<days>\\d{1,6})\\s?d(?:ays?)?,?\\s*)?(?:(?<hours>\\d{1,5})\\s?h(?:(?:ou)?rs?)?,?\\s*)?" +
    "(?:(?<minutes>\\d{1,6})\\s?m(?:in(?:ute)?s?)?(?!s),?\\s*)?(?:(?<seconds>\\d{1,7})(?:[.,](?<part>\\d{1,9}))?\\s?s(?:ec(?:ond)?s?)?)?",
].map((pattern) => new RegExp(`^${pattern}$`, "i"));

/**
 * The seconds of a time of day or a duration, such as 18:30, 6:30 PM, 1 day 02:00:00 or 1h 30m; NaN if it is none.
 * @type {(text: string) => number}
 */
function parseClock(text) {
  const found = CLOCKS.map((pattern) => pattern.exec(text)).find((each) => each && /\d/.test(text));
  if (!found || !found.groups) return NaN;
  const {sign, weeks = "0", days = "0", hours, minutes, seconds = "0", part = "0", half} = found.groups;
  let hour = Number(hours || 0);
  if (half && (hour < 1 || hour > 12)) return NaN;
  if (half) hour = (hour % 12) + (/p/i.test(half) ? 12 : 0);
  if (hours && minutes && (Number(minutes) > 59 || Number(seconds) > 60)) return NaN;
  const far = (Number(weeks) * 7 + Number(days)) * 86400;
  const rest = hour * 3600 + Number(minutes || 0) * 60 + Number(`${seconds}.${part}`);
  if (sign !== "-") return far + rest;
  return Number(days) && hours ? rest - far : -(far + rest); // in "-1 days +23:00:00" only the days are negative
}
