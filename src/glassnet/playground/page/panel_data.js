// The data: where they come from, what became of each column, what is predicted, how many rows are held out.

import { axes, mount as mountFixed, notes, part, rows } from "./data_fixed.js";
import { columnList, questionCards } from "./data_tables.js";
import { pictureOf } from "./data_pictures.js";
import { button, el, figure } from "./dom.js";
import { numberField } from "./numbers.js";
import { text } from "./texts.js";

const ENDINGS = ".csv,.tsv,.txt,.json,.jsonl,.parquet,.xlsx,.xls,.ods,.gz";

/** Mount the panel into an element. */
export function mount(root, store) {
  if (!store.can("data")) return mountFixed(root, store);
  const parts = [
    sources, gallery, dropZone, pending, toyOptions, drawing, questions, target, columns, split, axes, rows, notes,
  ].map((make) => part(root, store, make));
  const show = () => parts.forEach((refresh) => refresh());
  store.on("state", show);
  show();
  takeDrops(root, store);
}

/** Take other data; questions about a file that cannot be answered later are kept to be shown. */
async function load(store, source) {
  const answer = await store.do("data", { source });
  const asked = answer?.questions?.filter((question) => !question.column) ?? [];
  store.pendingData = asked.length ? { source, questions: asked } : null;
  store.emit("state", store.state);
  if (answer?.questions?.length) document.querySelector("#data .question")?.scrollIntoView({ block: "nearest" });
}

// ---- sources ----------------------------------------------------------------------------------------------------------

function sources(data, store) {
  const { kind, name } = data.source;
  const current = kind === "points" ? "draw" : kind === "toy" || kind === "bundled" ? name : kind;
  const one = (id, title, source) => el("button", {
    type: "button", id: `data-source-${id}`, class: "source", "aria-pressed": String(id === current), onclick: () => load(store, source),
  }, pictureOf(id), el("span", {}, title));
  const broken = () => el("button", {
    type: "button", id: "data-source-broken", class: "source", "aria-expanded": String(Boolean(store.galleryOpen)), "aria-controls": store.galleryOpen ? "data-gallery" : null, onclick: () => openGallery(store),
  }, pictureOf("broken"), el("span", {}, text("data.gallery")));
  const own = data.given ? [one("given", text("data.given"), { kind: "given" })] : [];
  return {
    key: [current, data.given, data.toys, data.bundled, store.galleryOpen],
    content: () => el("div", { class: "sources", role: "group", "aria-label": text("data.sources") },
      data.toys.map((toy) => one(toy.name, toy.title, { kind: "toy", name: toy.name })),
      data.bundled.map((set) => one(set.name, set.title, { kind: "bundled", name: set.name })),
      one("draw", text("data.draw"), { kind: "points" }), own, hasGallery(data, store) && broken()),
  };
}

function dropZone(data, store) {
  if (typeof store.engine.upload !== "function") return { key: 0 };
  const choose = el("input", { type: "file", id: "data-file", class: "unseen", accept: ENDINGS, onchange: () => takeFile(store, choose.files[0], choose) });
  return {
    key: 1,
    content: () => el("label", { class: "drop", for: "data-file", tabindex: null }, pictureOf("upload"),
      el("span", {}, el("strong", {}, text("data.drop")), el("br"), el("small", {}, text("data.drop.what"))), choose),
  };
}

async function takeFile(store, file, input) {
  if (!file) return;
  const zone = document.querySelector("#data .drop");
  zone?.setAttribute("aria-busy", "true");
  const upload = await store.upload(file);
  if (upload) await load(store, { kind: "upload", upload, name: file.name, target: null });
  zone?.removeAttribute("aria-busy");
  if (input) input.value = "";
}

/** Files may be dropped anywhere on the panel. */
function takeDrops(root, store) {
  const panel = root.closest("section") ?? root;
  const mark = (on) => (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    panel.classList.toggle("over", on);
  };
  panel.addEventListener("dragover", mark(true));
  panel.addEventListener("dragleave", mark(false));
  panel.addEventListener("drop", (event) => {
    mark(false)(event);
    takeFile(store, event.dataTransfer?.files[0]);
  });
}

/** What must be decided before a file can be read at all. */
function pending(data, store) {
  const asked = store.pendingData;
  const answer = (options) => load(store, { ...asked.source, options: joined(asked.source.options, options) });
  return { key: asked, content: () => (asked ? questionCards(asked.questions, answer) : []) };
}

function questions(data, store) {
  const answer = (options) => load(store, { ...data.source, options: joined(data.source.options, options) });
  return { key: [data.questions, data.source], content: () => questionCards(data.questions, answer) };
}

/** Options of a file with others put in; columns that are to be read as something are kept. */
function joined(before = {}, more) {
  return { ...before, ...more, ...(before?.read || more.read ? { read: { ...before?.read, ...more.read } } : {}) };
}

function toyOptions(data, store) {
  const toy = data.source.kind === "toy" && data.toys.find((each) => each.name === data.source.name);
  if (!toy) return { key: 0 };
  const given = data.source.options;
  const change = (path, value) => load(store, { kind: "toy", name: toy.name, options: { ...given, [path]: value } });
  return {
    key: [toy, given],
    content: () => el("div", { class: "fields" }, toy.options.map((option) => optionField(option, given[option.path], change))),
  };
}

function optionField(option, value, change) {
  const id = `data-option-${option.path}`;
  return el("div", {}, el("label", { for: id }, option.label), numberField({ ...option, value }, (now) => change(option.path, now), { id }));
}

/** The class of the next point, which the plane takes from `store.pointLabel`; the last one to choose is new. */
function drawing(data, store) {
  if (data.source.kind !== "points") return { key: 0 };
  const n = Math.min(data.classes.length + 1, 8);
  store.pointLabel = Math.min(store.pointLabel ?? 0, n - 1);
  const choose = (k) => {
    store.pointLabel = k;
    store.emit("state", store.state);
  };
  const one = (k) => el("button", { type: "button", id: `data-label-${k}`, "aria-pressed": String(k === store.pointLabel), onclick: () => choose(k) },
    el("i", { class: "swatch", style: { "--swatch": `var(--class-${k})` } }), text(k < data.classes.length ? "data.class" : "data.class.new", { k }));
  return {
    key: [n, data.classes.length, store.pointLabel],
    content: () => [
      el("p", { class: "quiet" }, text("data.draw.how")),
      el("div", { class: "labels", role: "group", "aria-label": text("data.label") }, Array.from({ length: n }, (_, k) => one(k))),
      button(text("data.clear"), () => store.do("clear_points"), { id: "data-clear" }),
    ],
  };
}

// ---- what is made of them ---------------------------------------------------------------------------------------------

function target(data, store) {
  if (data.targets.length < 2) return { key: 0 };
  const choose = el("select", { id: "data-target", onchange: () => store.do("target", { name: choose.value }) },
    data.targets.map((name) => el("option", { value: name, selected: name === data.target }, name)));
  const as = el("select", { id: "data-task", "aria-label": text("data.task"), onchange: () => store.do("read", { column: data.target, kind: as.value }) },
    [["category", "classes"], ["number", "number"]].map(([kind, task]) => el("option", { value: kind, selected: task === data.task }, text(`data.task.${task}`))));
  const many = data.task === "classes" ? text("data.classes", { n: data.classes.length }) : unit(data);
  return {
    key: [data.targets, data.target, data.task, data.classes, data.unit],
    content: () => [el("label", { for: "data-target" }, text("data.target")), el("div", { class: "pair" }, choose, as), el("small", {}, many)],
  };
}

const unit = (data) => (data.unit ? text("data.unit", { mean: figure(data.unit[0]), spread: figure(data.unit[1]) }) : "");

function columns(data, store) {
  if (data.source.kind === "toy" || data.source.kind === "points" || data.columns.length < 2) return { key: 0 };
  const read = data.targets.length > 1 && store.can("read") && ((column, kind) => store.do("read", { column, kind }));
  return { key: [data.columns, data.inputs.length, Boolean(read)], content: () => columnList(data, read) };
}

function split(data, store) {
  const words = (share) => text("data.split.share", { share: Math.round(share * 100), train: figure(data.rows.train), valid: figure(data.rows.valid) });
  const share = el("output", { for: "data-split" }, words(data.split));
  const slider = el("input", {
    type: "range", id: "data-split", min: 5, max: 90, step: 5, value: Math.round(data.split * 100),
    oninput: () => { share.textContent = text("data.split.now", { share: slider.value }); },
    onchange: () => store.do("split", { share: slider.valueAsNumber / 100 }),
  });
  return {
    key: [data.split, data.rows, data.title],
    content: () => [el("label", { for: "data-split" }, text("data.split")), slider, el("small", {}, share)],
  };
}

// ---- networks that fail -----------------------------------------------------------------------------------------------

const hasGallery = (data, store) => Boolean(data.gallery?.length) && store.can("gallery");

/** Open the list of networks that fail, in sight, or close it. */
function openGallery(store) {
  store.galleryOpen = !store.galleryOpen;
  store.emit("state", store.state);
  if (store.galleryOpen) document.getElementById("data-source-broken").scrollIntoView({ block: "start" });
}

function gallery(data, store) {
  if (!hasGallery(data, store) || !store.galleryOpen) return { key: 0 };
  const one = ({ name, title, text: words }) => el("li", {}, button(title, () => store.do("gallery", { name }), { id: `data-gallery-${name}` }), el("small", {}, words));
  return {
    key: data.gallery,
    content: () => el("div", { id: "data-gallery", role: "group", "aria-label": text("data.gallery") }, el("p", { class: "quiet" }, text("data.gallery.what")),
      el("ul", { class: "gallery" }, data.gallery.map(one))),
  };
}
