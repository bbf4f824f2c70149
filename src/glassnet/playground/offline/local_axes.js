/** Other axes of the plane, in the page as plane_axes.py and play_data.py have them. */

import { decoded } from "./bytes.js";
import { text } from "../page/texts.js";

const ROOM = 0.1, LEAST_ROOM = 1e-3; // around all rows: of their range, and of their size

/** Show two axes, inputs or components; where both would be the same, the other one takes what this one showed. */
export function showAxes({ given, state, frames, data: { train, valid } }, { x, y }) {
  const { axes, points } = state.data, chosen = { x: x ?? axes.x, y: y ?? axes.y };
  for (const value of Object.values(chosen)) {
    if (!axes.choices.some((choice) => choice.value === value)) throw new Error(text("lesson.no_setting", { path: value }));
  }
  if (chosen.x === chosen.y) Object.assign(chosen, x === undefined ? { x: axes.y } : { y: axes.x });
  const plane = planeOf(given.axes, [chosen.x, chosen.y]);
  const rows = Array.from({ length: train.n + valid.n }, (_, row) => plane.place(frames.row(row)));
  const sides = [0, 1].map((axis) => side(rows.map((place) => place[axis])));
  const shown = [0, 1].map((axis) => points.row.map((row) => Number(rows[row][axis].toPrecision(6))));
  given.plane = { ...given.plane, ...plane.back, sides };
  state.data = {
    ...state.data, axes: { ...axes, ...chosen }, points: { ...points, x: shown[0], y: shown[1] },
    plane: { ...state.data.plane, x: sides[0], y: sides[1] },
  };
}

/** `p = (x - centre) A + offset`, and the way back, `origin + a * x + b * y`. */
function planeOf({ centre: own, mean, components }, chosen) {
  const centre = decoded(chosen.some((axis) => typeof axis === "string") ? mean : own), d = centre.length;
  const directions = decoded(components);
  const A = chosen.map((axis) => (typeof axis === "string" ? directions.subarray(d * (axis.at(-1) - 1)).slice(0, d) : Float64Array.from(centre, (_, i) => Number(i === axis))));
  const offset = chosen.map((axis) => (typeof axis === "string" ? 0 : centre[axis]));
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const [p, q, r] = [dot(A[0], A[0]), dot(A[0], A[1]), dot(A[1], A[1])], size = p * r - q * q;
  const back = [A[0].map((value, i) => (r * value - q * A[1][i]) / size), A[1].map((value, i) => (p * value - q * A[0][i]) / size)];
  const origin = centre.map((value, i) => value - offset[0] * back[0][i] - offset[1] * back[1][i]);
  return {
    place: (row) => A.map((direction, axis) => direction.reduce((sum, value, i) => sum + (row[i] - centre[i]) * value, offset[axis])),
    back: { origin: [...origin], x: [...back[0]], y: [...back[1]] },
  };
}

function side(values) {
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  const room = Math.max((high - low) * ROOM, LEAST_ROOM * Math.max(Math.abs(high), 1));
  return [low - room, high + room];
}
