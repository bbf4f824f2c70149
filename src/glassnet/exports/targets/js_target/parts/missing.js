/** Whether a text says that there is no value. */
function isMissing(text, column) {
  return MISSING.has(text.toLowerCase()) || (column.missing || []).includes(text);
}
