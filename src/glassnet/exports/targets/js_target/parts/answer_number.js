function answer(y, warnings) {
  return {number: y[0], warnings};
}
