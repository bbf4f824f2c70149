/**
 * The seconds of a time of day or a duration, such as 18:30, 6:30 PM, 1 day 02:00:00 or 1h 30m; NaN if it is none.
 * @type {(text: string) => number}
 */
function parseClock(text) {
  const clock = /^(-)?(?:(\d+) ?d(?:ays?)?,? *)?\+?(\d{1,5}):(\d\d)(?::(\d\d(?:[.,]\d+)?))? ?(?:([ap])\.?m\.?)?$/i.exec(text);
  const words = /^(-)?(?:(\d+) ?d(?:ays?)?,? *)?(?:(\d+) ?h(?:(?:ou)?rs?)?,? *)?(?:(\d+) ?m(?:in(?:ute)?s?)?,? *)?(?:(\d+(?:[.,]\d+)?) ?s(?:ec(?:ond)?s?)?)?$/i.exec(text);
  const found = clock || words;
  if (!found || !/\d/.test(text)) return NaN;
  const [, minus, days = "0", hour = "0", minute = "0", second = "0", half] = found;
  let hours = Number(hour);
  if (half) {
    if (hours < 1 || hours > 12) return NaN;
    hours = (hours % 12) + (/p/i.test(half) ? 12 : 0);
  }
  const seconds = Number(second.replace(",", "."));
  if (clock && (Number(minute) > 59 || seconds >= 61)) return NaN;
  const rest = hours * 3600 + Number(minute) * 60 + seconds;
  return !minus ? Number(days) * 86400 + rest : clock && Number(days) ? rest - Number(days) * 86400 : -(Number(days) * 86400 + rest);
}
