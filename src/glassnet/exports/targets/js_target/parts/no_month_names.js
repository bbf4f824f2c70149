/**
 * Year, month and day of a text with the name of a month, of which training had none.
 * @type {(text: string) => string[] | null}
 */
function namedParts() {
  return null;
}
