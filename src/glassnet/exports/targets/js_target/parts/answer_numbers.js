/** What the outputs y say: each by its name. */
function answer(y, warnings) {
  return {numbers: byName(about.names, y), warnings};
}
