// Draws a network: edges as lines, neurons as pictures or values, all units of a wide layer as a strip. Where things stand
// is worked out from the size of the stage alone, so that painting never asks the browser for a layout.

const LEVELS = 8; // widths of lines
const DASHED = 3; // levels from which the sign is in the dash too: finer lines hide it
const [MOST_LINES, MOST_MOVING, MOST_DASHED] = [8000, 1500, 300]; // when paused; while running; dashes take longest
const [HEAD, FOOT] = [58, 8]; // pixels above and below the neurons
const [LEAST, EASY] = [24, 32]; // pixels from one neuron to the next: for a fingertip at least, and where there is room
const MOST_PIXELS = 16_000; // of a canvas, along one side
const NARROWEST = 96; // pixels from one layer to the next
const TAU = 2 * Math.PI;

/** Return where every shown neuron stands: `{vertical, head, size, width, height, columns: [{points: [[x, y]], gap, along, span}]}`.
 *  Where that is narrow the layers are below each other. The names above take `heads` pixels. */
export function layOut(columns, width, height, heads = 0) {
  const vertical = width < Math.min(110 * columns.length, 520);
  const most = Math.max(...columns.map((column) => column.shown.length + (abridged(column) ? 1 : 0)));
  const span = Math.max((width - 24) / columns.length, NARROWEST);
  const head = vertical ? HEAD : Math.max(heads + 4, HEAD);
  const across = vertical ? width - 16 : height - head - FOOT; // where the units of one column lie
  const pitch = Math.min(Math.max(across / most, LEAST), 46);
  const size = Math.min(pitch - 4, 36);
  const step = vertical ? Math.max(96, size + 72) : span;
  const long = Math.max(across, pitch * most);
  const placed = columns.map((column, k) => place(column, k, { vertical, head, pitch, step, across: long, size }));
  return vertical
    ? { vertical, head, size, width: Math.max(width, long + 16), height: step * columns.length + 8, columns: placed }
    : { vertical, head, size, width: Math.max(width, step * columns.length + 24), height: long + head + FOOT, columns: placed };
}

/** Return the heights of a network that lies down: the least one, and that at which it is easy to see. */
export function heightsFor(columns, heads) {
  const units = Math.max(...columns.map((column) => column.shown.length + (abridged(column) ? 1 : 0)));
  return [LEAST, EASY].map((pitch) => Math.max(heads + 4, HEAD) + FOOT + pitch * Math.max(units, 4));
}

const abridged = (column) => column.shown.length < column.units;

function place(column, k, { vertical, head, pitch, step, across, size }) {
  const gap = abridged(column) ? column.shown.findIndex((unit, i) => unit !== i) : -1;
  const n = column.shown.length + (gap >= 0 ? 1 : 0);
  const start = (across - n * pitch) / 2 + pitch / 2;
  const along = vertical ? k * step + head + size / 2 : 12 + (k + 0.5) * step;
  const at = (i) => (vertical ? [8 + start + i * pitch, along] : [along, head + start + i * pitch]);
  const points = column.shown.map((_, i) => at(gap >= 0 && i >= gap ? i + 1 : i));
  return { points, gap: gap >= 0 ? at(gap) : null, along, span: step };
}

/** The colours and settings of a painting, read once for each theme. */
export function paletteOf(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), paper: of("--panel"), line: of("--edge"), positive: of("--positive"), negative: of("--negative"), focus: of("--focus"), quiet: of("--quiet") };
}

/** Fit a canvas to a size in CSS pixels, in the pixels of the screen; returns its context, cleared. */
export function fit(canvas, width, height) {
  const ratio = Math.min(globalThis.devicePixelRatio || 1, 3, MOST_PIXELS / Math.max(width, height));
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    Object.assign(canvas, { width: w, height: h });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, width, height);
  return ctx;
}

/** Return the size from which lines have full width: the largest, but at most three times the root of the mean square, so
 *  that a few large values do not make all others thin; of the block where that is most. NaN where nothing is known. */
function fullOf(blocks) {
  if (blocks.length && blocks.every((values) => values.every(Number.isNaN))) return NaN;
  let full = 0;
  for (const values of blocks) {
    let [sum, most] = [0, 0];
    for (const value of values) {
      sum += value * value;
      most = Math.max(most, Math.abs(value));
    }
    const size = Math.min(most, 3 * Math.sqrt(sum / Math.max(values.length, 1)));
    if (size > full) full = size;
  }
  return full;
}

/** Paint edges: width by size, colour and dash by sign; of very many only the widest. Returns the size from which
 *  lines have full width, and how many lines are drawn and left out. */
export function paintEdges(ctx, layout, edges, blocks, { palette, running }) {
  const full = fullOf(blocks);
  if (!(full > 0) || !Number.isFinite(full)) return { full };
  const lines = Array.from({ length: 2 * LEVELS }, () => []);
  edges.forEach((edge, k) => sortLines(lines, layout.columns[edge.from].points, layout.columns[edge.to].points, blocks[k], full));
  ctx.lineCap = "butt";
  let left = running ? MOST_MOVING : MOST_LINES;
  const order = [];
  for (let level = LEVELS - 1; level >= 0; level -= 1) {
    for (const sign of [0, 1]) {
      const found = lines[2 * level + sign];
      if (left > 0) order.push([level, sign, left * 4 < found.length ? found.slice(0, left * 4) : found]);
      left -= found.length / 4;
    }
  }
  const drawn = order.reduce((sum, [, , found]) => sum + found.length / 4, 0);
  const faint = Math.min(Math.max(Math.sqrt(300 / drawn), 0.4), 1); // many lines would hide each other
  for (const [level, sign, found] of order.reverse()) stroke(ctx, found, { level, sign, palette, faint, dashed: found.length <= 4 * MOST_DASHED });
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  return { full, drawn, left: lines.reduce((sum, found) => sum + found.length / 4, 0) - drawn };
}

function sortLines(lines, from, to, values, full) {
  let at = 0;
  for (const [x1, y1] of from) {
    for (const [x2, y2] of to) {
      const value = values[at++];
      const size = (Math.abs(value) / full) * (LEVELS - 1);
      if (size >= 0.15) lines[2 * Math.min(Math.floor(size), LEVELS - 1) + (value < 0 ? 1 : 0)].push(x1, y1, x2, y2);
    }
  }
}

function stroke(ctx, found, { level, sign, palette, faint, dashed }) {
  if (!found.length) return;
  ctx.strokeStyle = sign ? palette.negative : palette.positive;
  ctx.lineWidth = 0.5 + level * 0.55;
  ctx.globalAlpha = (0.25 + (0.65 * (level + 1)) / LEVELS) * faint;
  ctx.setLineDash(sign && dashed && level >= DASHED ? [6, 3] : []);
  for (let i = 0; i < found.length; i += 4) {
    ctx.beginPath();
    ctx.moveTo(found[i], found[i + 1]);
    ctx.lineTo(found[i + 2], found[i + 3]);
    ctx.stroke();
  }
}

/** Paint one line on top, for what is selected, under the pointer or lit. */
export function paintLine(ctx, layout, edge, from, to, colour, width) {
  const [a, b] = [layout.columns[edge.from].points[from], layout.columns[edge.to].points[to]];
  if (!a || !b) return;
  Object.assign(ctx, { strokeStyle: colour, lineWidth: width });
  ctx.beginPath();
  ctx.moveTo(...a);
  ctx.lineTo(...b);
  ctx.stroke();
}

/** Paint the arc of a shortcut, from a column to the one that its values are added to. */
export function paintShortcuts(ctx, layout, columns, palette) {
  ctx.setLineDash([2, 4]);
  Object.assign(ctx, { strokeStyle: palette.quiet, lineWidth: 1.5 });
  columns.forEach((column, k) => {
    if (column.added === null || column.added === undefined) return;
    const [a, b] = [layout.columns[column.added].along, layout.columns[k].along];
    ctx.beginPath();
    if (layout.vertical) ctx.moveTo(4, a), ctx.bezierCurveTo(-12, a, -12, b, 4, b);
    else ctx.moveTo(a, layout.head), ctx.bezierCurveTo(a, layout.head - 18, b, layout.head - 18, b, layout.head);
    ctx.stroke();
  });
  ctx.setLineDash([]);
}

/** Paint the neurons: a picture over the plane each, or the value as brightness and number. */
export function paintNeurons(ctx, layout, columns, frame, { palette, pictures }) {
  const atlas = pictures && frame.pictures?.length ? atlasOf(frame.pictures, palette) : null;
  let unit = 0;
  columns.forEach((column, k) => {
    const values = frame.activations?.[k] ?? [];
    const most = Math.max(1e-12, ...Array.from(values, Math.abs));
    layout.columns[k].points.forEach(([x, y], i) => {
      neuron(ctx, x, y, layout.size, { palette, value: values[i], share: values[i] / most, atlas: k ? atlas : null, unit });
      if (k) unit += 1;
    });
    if (layout.columns[k].gap) dots(ctx, ...layout.columns[k].gap, layout.vertical, palette);
  });
}

function neuron(ctx, x, y, size, { palette, value, share, atlas, unit }) {
  const [left, top] = [x - size / 2, y - size / 2];
  ctx.beginPath();
  ctx.roundRect(left, top, size, size, atlas ? 4 : size / 2);
  ctx.fillStyle = palette.paper;
  ctx.fill();
  if (atlas) ctx.drawImage(atlas.canvas, 0, unit * atlas.side, atlas.side, atlas.side, left + 1, top + 1, size - 2, size - 2);
  else if (Number.isFinite(share)) {
    ctx.globalAlpha = 0.12 + 0.75 * Math.abs(share);
    ctx.fillStyle = share < 0 ? palette.negative : palette.positive;
    ctx.fill();
    ctx.globalAlpha = 1;
  }
  Object.assign(ctx, { strokeStyle: palette.line, lineWidth: 1.25 });
  ctx.stroke();
  if (!atlas && size >= 26 && Number.isFinite(value)) {
    Object.assign(ctx, { fillStyle: palette.ink, textAlign: "center", textBaseline: "middle", font: "10px system-ui, sans-serif" });
    ctx.fillText(short(value), x, y);
  }
}

/** Paint all units of each wide layer as a strip beside it, from the negative colour over the paper to the positive one. */
export function paintStrips(ctx, layout, columns, strips, palette) {
  if (!strips?.length) return;
  let at = 0;
  columns.forEach((column, k) => {
    if (!abridged(column)) return;
    const values = strips.subarray(at, (at += column.units));
    const points = layout.columns[k].points;
    const [x, y] = points[0];
    const long = points.at(-1)[layout.vertical ? 0 : 1] - (layout.vertical ? x : y) + layout.size;
    const [left, top] = layout.vertical ? [x - layout.size / 2, y + layout.size / 2 + 3] : [x + layout.size / 2 + 3, y - layout.size / 2];
    ctx.imageSmoothingEnabled = values.length > long;
    ctx.drawImage(stripOf(values, layout.vertical, palette), left, top, ...(layout.vertical ? [long, 7] : [7, long]));
    Object.assign(ctx, { strokeStyle: palette.line, lineWidth: 0.5, imageSmoothingEnabled: true });
    ctx.strokeRect(left, top, ...(layout.vertical ? [long, 7] : [7, long]));
  });
}

const strip = globalThis.document?.createElement("canvas");

function stripOf(values, vertical, palette) {
  const most = values.reduce((size, value) => Math.max(size, Math.abs(value)), 1e-12);
  Object.assign(strip, vertical ? { width: values.length, height: 1 } : { width: 1, height: values.length });
  const ctx = strip.getContext("2d");
  const image = ctx.createImageData(strip.width, strip.height);
  const [pixels, table] = [new Uint32Array(image.data.buffer), tableOf(palette)];
  values.forEach((value, i) => (pixels[i] = table[Math.round(128 + (127 * value) / most)]));
  ctx.putImageData(image, 0, 0);
  return strip;
}

const short = (value) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(2)).replace("-", "−").replace(/^(−?)0\./, "$1.");

function dots(ctx, x, y, vertical, palette) {
  ctx.fillStyle = palette.quiet;
  for (const shift of [-5, 0, 5]) {
    ctx.beginPath();
    ctx.arc(vertical ? x + shift : x, vertical ? y : y + shift, 1.5, 0, TAU);
    ctx.fill();
  }
}

let kept = null;

/** All pictures below each other in one canvas: 128 is the paper, less the negative colour, more the positive one. */
function atlasOf(pictures, palette) {
  if (kept?.pictures === pictures && kept.palette === palette) return kept;
  const side = Math.sqrt(pictures[0].length);
  const canvas = kept?.canvas ?? document.createElement("canvas");
  if (canvas.width !== side || canvas.height !== side * pictures.length) Object.assign(canvas, { width: side, height: side * pictures.length });
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(canvas.width, canvas.height);
  const table = tableOf(palette);
  const pixels = new Uint32Array(image.data.buffer);
  pictures.forEach((picture, k) => {
    for (let row = 0; row < side; row += 1) {
      for (let i = 0; i < side; i += 1) pixels[(k * side + side - 1 - row) * side + i] = table[picture[row * side + i]];
    }
  });
  ctx.putImageData(image, 0, 0);
  kept = { pictures, palette, canvas, side };
  return kept;
}

const tables = new WeakMap();
const tableOf = (palette) => tables.get(palette) ?? tables.set(palette, shades(palette)).get(palette);

/** 256 colours from the negative one over the paper to the positive one, as pixels. */
export function shades(palette) {
  const [negative, paper, positive] = [palette.negative, palette.paper, palette.positive].map(rgb);
  return Uint32Array.from({ length: 256 }, (_, level) => {
    const share = Math.min(Math.abs(level - 128) / 127, 1);
    const end = level < 128 ? negative : positive;
    const [r, g, b] = paper.map((value, i) => Math.round(value + (end[i] - value) * share));
    return (255 << 24) | (b << 16) | (g << 8) | r;
  });
}

/** Red, green and blue of a colour of the style sheet, `#rrggbb`. */
export function rgb(colour) {
  const full = colour.length === 4 ? colour.replace(/[0-9a-f]/gi, "$&$&") : colour;
  return [1, 3, 5].map((at) => parseInt(full.slice(at, at + 2), 16));
}

/** The edge nearest to a point, `[block, from, to]` in shown units, or null if none is within 6 pixels. */
export function edgeAt(layout, edges, x, y) {
  let [nearest, found] = [36, null];
  edges.forEach((edge, k) => {
    layout.columns[edge.from].points.forEach(([x1, y1], i) => {
      layout.columns[edge.to].points.forEach(([x2, y2], j) => {
        const [dx, dy] = [x2 - x1, y2 - y1];
        const share = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy);
        if (share < 0.05 || share > 0.95) return;
        const far = (x1 + share * dx - x) ** 2 + (y1 + share * dy - y) ** 2;
        if (far < nearest) [nearest, found] = [far, [k, i, j]];
      });
    });
  });
  return found;
}
