// What the data panel shows wherever the page runs: the axes of the plane, the first rows, notes.

import { el, figure } from "./dom.js";
import { text } from "./texts.js";

/** Without commands for data: what they are, and the axes. */
export function mount(root, store) {
  const parts = [named, axes, rows, notes].map((make) => part(root, store, make));
  store.on("state", () => parts.forEach((refresh) => refresh()));
  parts.forEach((refresh) => refresh());
}

/** A part of the panel, made again only where what it shows has changed; the focus stays where it was. */
export function part(root, store, make) {
  const host = root.appendChild(el("div", { class: "part", hidden: true }));
  let shown;
  return () => {
    const { key, content } = make(store.state.data, store);
    const now = JSON.stringify(key);
    if (now === shown) return;
    shown = now;
    const focused = host.contains(document.activeElement) ? document.activeElement.id : "";
    const open = new Set([...host.querySelectorAll("details[open]")].map((each) => each.id));
    host.replaceChildren(...[content?.() ?? []].flat());
    host.hidden = !host.childElementCount;
    for (const each of host.querySelectorAll("details")) each.open ||= open.has(each.id);
    if (focused) document.getElementById(focused)?.focus();
  };
}

function named(data) {
  return { key: data.title, content: () => el("p", {}, el("strong", {}, data.title)) };
}

export function axes(data, store) {
  if (!(data.axes?.choices?.length > 2) || !store.can("axes")) return { key: 0 };
  const choose = (axis) => {
    const made = el("select", {
      id: `data-axis-${axis}`, "aria-label": text(`data.axis.${axis}`),
      onchange: () => store.do("axes", { [axis]: data.axes.choices[made.selectedIndex].value }),
    }, data.axes.choices.map(({ value, label }) => el("option", { selected: value === data.axes[axis] }, label)));
    return made;
  };
  return {
    key: [data.axes, data.target],
    content: () => el("fieldset", {}, el("legend", { class: "quiet" }, text("data.axes")), el("div", { class: "pair" }, choose("x"), choose("y"))),
  };
}

export function rows(data) {
  return { key: [data.preview, data.target], content: () => preview(data) };
}

export function notes(data) {
  return { key: data.notes, content: () => (data.notes?.length ? el("ul", { class: "notes" }, data.notes.map((note) => el("li", {}, note))) : []) };
}

/** The first rows as a table; the target's column is marked. */
function preview({ preview: first, target }) {
  if (!first?.names?.length) return [];
  if (first.pictures) return pictures(first.pictures);
  const { names, rows, more } = first;
  const mark = (name) => (name === target ? { class: "target" } : {});
  const head = el("tr", {}, names.map((name) => el("th", { scope: "col", ...mark(name) }, name)));
  const body = rows.map((row) => el("tr", {}, row.map((cell, i) => el("td", mark(names[i]), cell === "" ? el("span", { class: "quiet" }, text("data.missing")) : cell))));
  const caption = more ? text("data.rows.more", { more: figure(more) }) : text("data.rows");
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": text("data.rows") },
    el("table", {}, el("caption", {}, caption), el("thead", {}, head), el("tbody", {}, body)));
}

/** The first rows as pictures, each with its class. */
function pictures({ side, rows }) {
  const one = ({ label, pixels }) => {
    const canvas = el("canvas", { width: side, height: side, role: "img", "aria-label": label });
    const image = new ImageData(side, side);
    pixels.forEach((level, i) => image.data.set([255 - level, 255 - level, 255 - level, 255], 4 * i));
    canvas.getContext("2d").putImageData(image, 0, 0);
    return el("figure", {}, canvas, el("figcaption", { "aria-hidden": "true" }, label));
  };
  return [el("small", {}, text("data.rows")), el("div", { class: "pictures" }, rows.map(one))];
}
