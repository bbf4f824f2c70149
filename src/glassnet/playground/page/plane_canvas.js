// Draws what a network answers: over a plane of two axes, as a curve of one input, or predicted against true.

import { rgb } from "./network_canvas.js";

const SIZES = [5, 3.5]; // of a point, where there are few and where there are many
const MANY = 400;
const FINE = 32; // points along a side from which a border is a line
const CLASSES = 8;
const TAU = 2 * Math.PI;

/** The colours of classes, and those of numbers, of the style sheet. */
export function coloursOf(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  const classes = Array.from({ length: CLASSES }, (_, k) => of(`--class-${k}`));
  return { classes, paper: of("--panel"), ink: of("--ink"), low: of("--negative"), high: of("--positive"), line: of("--line"), quiet: of("--quiet"), accent: of("--accent"), focus: of("--focus") };
}

/** Paint a plane into a canvas of its own resolution, which the style sheet stretches: classes in their colours, paler
 *  where the network is in doubt and dark along borders; numbers between two colours, with the paper in the middle. */
export function paintPlane(canvas, plane, colours, classes) {
  const { width, channels, data, isBestOnly } = plane;
  const isClasses = classes > 0;
  if (canvas.width !== width || canvas.height !== width) Object.assign(canvas, { width, height: width });
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(width, width);
  const pixels = new Uint32Array(image.data.buffer);
  const best = isClasses ? new Uint8Array(width * width) : null;
  const table = isClasses ? classTable(colours, Math.max(classes, 2)) : numberTable(colours);
  for (let at = 0; at < width * width; at += 1) {
    const to = (width - 1 - Math.floor(at / width)) * width + (at % width);
    if (!isClasses) pixels[to] = table[data[at * channels]];
    else {
      const [winner, level] = isBestOnly ? data.subarray(2 * at) : strongest(data, at, channels);
      best[to] = winner;
      pixels[to] = table[winner % CLASSES][level];
    }
  }
  if (best && width >= FINE) darkenBorders(pixels, best, width, rgb(colours.ink));
  ctx.putImageData(image, 0, 0);
}

/** The class with the greatest probability, and that in 255 steps; one channel is the probability of the second class. */
function strongest(data, at, channels) {
  if (channels === 1) return data[at] > 127 ? [1, data[at]] : [0, 255 - data[at]];
  let winner = 0;
  for (let k = 1; k < channels; k += 1) if (data[at * channels + k] > data[at * channels + winner]) winner = k;
  return [winner, data[at * channels + winner]];
}

const pixel = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
const mix = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));

function classTable(colours, k) {
  const paper = rgb(colours.paper);
  const doubt = 255 / k;
  return colours.classes.map((colour) =>
    Uint32Array.from({ length: 256 }, (_, level) => pixel(mix(paper, rgb(colour), 0.08 + 0.47 * Math.max((level - doubt) / (255 - doubt), 0)))));
}

function numberTable({ low, paper, high }) {
  const share = (level) => Math.abs(level - 127.5) / 127.5;
  return Uint32Array.from({ length: 256 }, (_, level) => pixel(mix(rgb(paper), rgb(level < 128 ? low : high), 0.9 * share(level))));
}

function darkenBorders(pixels, best, width, ink) {
  for (let at = 0; at < best.length - width; at += 1) {
    if ((at + 1) % width && (best[at] !== best[at + 1] || best[at] !== best[at + width])) {
      const value = pixels[at];
      pixels[at] = pixel(mix([value & 255, (value >> 8) & 255, (value >> 16) & 255], ink, 0.45));
    }
  }
}

/** Where a value lies between two ends, in pixels. */
export const scaled = (value, [lo, hi], length) => ((value - lo) / (hi - lo || 1)) * length;

/** The shape of a class: the ninth has the colour of the first, and another shape. */
export const kindOf = (label) => (label + 3 * Math.floor(label / CLASSES)) % CLASSES;

/** Paint a row: a shape and a colour for each class, a circle between two colours for a number; hollow if held out. */
export function paintPoint(ctx, x, y, { label, held, colours, range, isClasses, many }) {
  const colour = isClasses ? colours.classes[label % CLASSES] : css(numberColour(colours, label, range));
  ctx.beginPath();
  shape(ctx, x, y, isClasses ? kindOf(label) : 0, SIZES[many > MANY ? 1 : 0]);
  Object.assign(ctx, { fillStyle: held ? colours.paper : colour, strokeStyle: held ? colour : colours.paper, lineWidth: held ? 2 : 1 });
  if (held) ctx.fill(), ctx.stroke();
  else ctx.stroke(), ctx.fill();
}

const css = (parts) => `rgb(${parts.join(" ")})`;

function numberColour({ low, paper, high }, value, [lo, hi]) {
  const share = Math.min(Math.max((2 * (value - lo)) / (hi - lo || 1) - 1, -1), 1);
  return mix(rgb(paper), rgb(share < 0 ? low : high), Math.abs(share));
}

const POLYGONS = [null, [4, 0.785], [3, -1.571], [4, 0], [5, -1.571], [3, 1.571], [6, 0], "cross"];

/** The outline of the shape of a class. */
export function shape(ctx, x, y, kind, size) {
  const polygon = POLYGONS[kind];
  if (!polygon) return ctx.arc(x, y, size * 0.85, 0, TAU);
  if (polygon === "cross") {
    const [a, b] = [size * 0.35, size];
    const corners = [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
    corners.forEach(([dx, dy], i) => (i ? ctx.lineTo(x + dx, y + dy) : ctx.moveTo(x + dx, y + dy)));
  } else {
    const [corners, turn] = polygon;
    for (let k = 0; k < corners; k += 1) {
      const angle = turn + (TAU * k) / corners;
      ctx[k ? "lineTo" : "moveTo"](x + size * 1.15 * Math.cos(angle), y + size * 1.15 * Math.sin(angle));
    }
  }
  return ctx.closePath();
}

/** Paint the answers along one input as a line. */
export function paintCurve(ctx, width, height, plane, range, colours) {
  ctx.beginPath();
  for (let i = 0; i < plane.width; i += 1) {
    const value = plane.lo + (plane.data[i * plane.channels] / 255) * (plane.hi - plane.lo);
    ctx[i ? "lineTo" : "moveTo"]((i / (plane.width - 1)) * width, height - scaled(value, range, height));
  }
  Object.assign(ctx, { strokeStyle: colours.accent, lineWidth: 2.5 });
  ctx.stroke();
}

/** Paint predicted values against true ones; where they are equal they lie on the diagonal. */
export function paintAgainst(ctx, width, height, { truth, predicted, held, ends, colours }) {
  Object.assign(ctx, { strokeStyle: colours.quiet, lineWidth: 1 });
  ctx.setLineDash([4, 4]);
  ctx.beginPath();
  ctx.moveTo(0, height);
  ctx.lineTo(width, 0);
  ctx.stroke();
  ctx.setLineDash([]);
  truth.forEach((value, i) => {
    const [x, y] = [scaled(value, ends, width), height - scaled(predicted[i], ends, height)];
    ctx.beginPath();
    ctx.arc(x, y, 3, 0, TAU);
    Object.assign(ctx, { fillStyle: colours.accent, strokeStyle: colours.accent, lineWidth: 1.5 });
    if (held[i]) ctx.stroke();
    else ctx.fill();
  });
}
