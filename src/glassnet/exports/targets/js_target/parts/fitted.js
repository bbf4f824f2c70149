/**
 * A column with the marks, order or words that its cells show, where training has left them open.
 * @type {(texts: string[], column: Column) => Column}
 */
function fitted(texts, column) {
  const present = texts.map((text) => text.trim()).filter((text) => text && !isMissing(text)).map(ordinary);
  return column.free && present.length ? fits(present, column) : column;
}
