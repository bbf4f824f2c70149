/**
 * Year, month and day of a text with the name of a month.
 * @type {(text: string) => string[] | null}
 */
function namedParts(text) {
  const first = /^(?:\p{L}+[.,]+ ?)?(\d\d?)(?:st|nd|rd|th|\.|º|er)?[-/. ]*(?:de |of )?(\p{L}{3,10})\.?[-/., ]*(?:de |del )?'?(\d{4}|\d\d)$/u.exec(text);
  const second = /^(?:\p{L}+[.,]+ )?(\p{L}{3,10})\.?[-/. ]+(\d\d?)(?:st|nd|rd|th)?,?[-/ ]+'?(\d{4}|\d\d)$/u.exec(text);
  const [day, name, year] = first ? first.slice(1) : second ? [second[2], second[1], second[3]] : ["", "", ""];
  const month = MONTHS.findIndex((names) => names.split(" ").includes(name.toLowerCase()));
  return name && month >= 0 ? [fullYear(year), String(month + 1), day] : null;
}
