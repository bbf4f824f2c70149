// Small pictures of the data sets to choose from: a few dots by the formulas of glassnet.datasets, without noise.

import { svg } from "./dom.js";

const TURN = 2 * Math.PI;
const round = (r, a) => [r * Math.cos(a), r * Math.sin(a)];
const halves = (t) => (t * 7.31) % 1; // numbers between 0 and 1 that look drawn

/** Where the dot of a class lies, for t from 0 to 1; both coordinates from -2 to 2. */
const DOTS = {
  spirals: (t, c) => round(2 * t, TURN * (t + c / 2)),
  moons: (t, c) => (c ? [1.6 - 1.3 * Math.cos(Math.PI * t) - 1, 0.2 - 1.3 * Math.sin(Math.PI * t)]
    : [1.3 * Math.cos(Math.PI * t) - 0.6, 1.3 * Math.sin(Math.PI * t) - 0.4]),
  circles: (t, c) => round(c ? 1.9 : 0.9, TURN * t),
  xor: (t, c) => { const [u, v] = [0.4 + 1.5 * t, 0.4 + 1.5 * halves(t)], side = halves(3 * t) < 0.5 ? 1 : -1; return [side * u, (c ? -side : side) * v]; },
  gaussians: (t, c) => { const [x, y] = round(1.1 * Math.sqrt(t), TURN * halves(t + 0.1)); return [x + (c ? 0.9 : -0.9), y + (c ? -0.5 : 0.5)]; },
  sine: (t) => [4 * t - 2, 1.4 * Math.sin(TURN * t)],
  plane: (t) => [4 * t - 2, 4 * halves(t) - 2],
};
const STROKES = {
  penguins: "M-1.7-1.5h3.4v3h-3.4zM-1.7-.5h3.4M-1.7.5h3.4M-.5-1.5v3",
  mpg: "M-1.9 .7v-.8l.9-.2.7-.9h1.4l.7.9 1 .2v.8zM-1.1.7a.4.4 0 1 0 .8 0M.5.7a.4.4 0 1 0 .8 0",
  thyroid: "M-.5-1.7h1M-.3-1.7v2.8a.3.3 0 0 0 .6 0v-2.8M-.3 0h.6",
  weather: "M-1.2 .4a.7.7 0 0 1 .2-1.4 1 1 0 0 1 1.9-.2.8.8 0 0 1 .4 1.6zM-.8 .9l-.2.6M.1.9l-.2.6M1 .9l-.2.6",
  digits: "M-.6-1.3h1.3l-.9 2.8M-.5.1h1.2",
  draw: "M-1.5 1.5l.4-1.3 2-2 .9.9-2 2z",
  given: "M-1.2-1.6h1.6l.8.8v2.4h-2.4z",
  broken: "M-1.9 1.6l1-2.6.9 1.1.6-1.2M.9.2l.4.9.6-2.7M.2-.1l.9-.4M-.1-1.7l.9 3.4",
  upload: "M0 1.2v-2.6M-1-.5l1-1 1 1M-1.6 1.6h3.2",
};

/** Return the picture of a data set as SVG; it says nothing to a screen reader. */
export function pictureOf(name) {
  const made = svg("svg", { viewBox: "-2.4 -2.4 4.8 4.8", "aria-hidden": "true", class: "picture" });
  if (STROKES[name]) made.append(svg("path", { d: STROKES[name] }));
  const at = DOTS[name];
  for (let i = 0; at && i < 28; i++) {
    const c = at.length > 1 ? i % 2 : 0;
    const [x, y] = at((i + 0.5) / 28, c);
    const shape = c ? svg("rect", { x: x - 0.17, y: -y - 0.17, width: 0.34, height: 0.34 }) : svg("circle", { cx: x, cy: -y, r: 0.19 });
    shape.setAttribute("class", c ? "one" : "zero");
    made.append(shape);
  }
  return made;
}
