// The layers above their columns: name, units, order; and the settings of the network.

import { button, el, wayBack } from "./dom.js";
import { showOptions } from "./options.js";
import { text } from "./texts.js";

const FIRST = /(^loss|^optimizer|learning_rate|^batch_size|^seed)$/; // what is always in sight

/** Mount heads and settings; returns `{settings, show(columns, layout)}`. */
export function mountLayers({ heads }, store) {
  const change = (path, value) => store.do("set", { path, value });
  const first = el("div", {});
  const rest = el("div", {});
  const menu = el("div", { popover: "auto", class: "menu", role: "dialog" });
  const context = { store, heads, menu, change };
  const openRest = ({ currentTarget }) => open(context, currentTarget, text("network.more"), () => [el("h3", {}, text("network.more")), rest]);
  const more = button(text("network.more"), openRest, { "aria-haspopup": "dialog" });
  const settings = el("div", { class: "settings" }, first, more, menu);

  function show(columns, layout) {
    const { loss, loss_options = [], optimizer, options = [] } = store.state.network;
    const all = [optimizer?.kind, ...(optimizer?.options ?? []), loss, ...loss_options, ...options].filter(Boolean);
    const isFirst = ({ path }) => FIRST.test(path) || path === loss?.path || path === optimizer?.kind?.path;
    settings.hidden = !store.can("set") || !all.length;
    showOptions(first, all.filter(isFirst), change);
    showOptions(rest, all.filter((option) => !isFirst(option)), change);
    more.hidden = all.every(isFirst);
    const held = heads.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    heads.replaceChildren(...columns.flatMap((column, k) => headOf(context, columns, layout, k)));
    if (held) heads.querySelector(`[data-key="${held}"]`)?.focus({ preventScroll: true });
    if (menu.matches(":popover-open") && menu.refresh) menu.refresh();
  }
  return { settings, show };
}

/** The head of a column: its name, its units, what is folded into it, and a place for a layer before it. */
function headOf(context, columns, layout, k) {
  const { store } = context;
  const column = columns[k];
  const { along, span } = layout.columns[k];
  const at = column.at ?? -1;
  const place = layout.vertical ? { top: `${along - layout.size / 2 - 54}px` } : { left: `${along - span / 2 + 14}px`, width: `${span - 28}px` };
  const name = k ? chip(context, at, column.label, `name-${k}`, k) : el("b", {}, column.label);
  const chips = column.chips.map(({ label, at: there }, i) => chip(context, there, label, `chip-${k}-${i}`, k, "chip"));
  const group = { class: "head", role: "group", "aria-label": k ? text("network.layer", { number: k, label: column.label }) : column.label };
  const head = el("div", { ...group, style: place }, name, el("span", { class: "row" }, units(context, column, k), chips));
  if (k && store.can("move_layer")) makeDraggable(context, head, at);
  const adds = store.can("add_layer") && k > 0 && at !== columns[k - 1].at;
  const spot = layout.vertical ? { top: `${along - layout.size / 2 - 54}px` } : { left: `${along - span / 2 - 12}px` };
  const label = text("network.add.before", { number: k, label: column.label });
  const add = adds && button("+", (event) => openKinds(context, at, event.currentTarget), { class: "add", label, "data-key": `add-${k}`, style: spot });
  return add ? [head, add] : [head];
}

/** A button with the name of a layer, which opens its options. */
function chip(context, at, label, key, number, kind = "name") {
  const layer = context.store.state.network.layers?.[at];
  if (!layer) return el("b", {}, label);
  const known = { class: `plain ${kind}`, "data-key": key, "aria-haspopup": "dialog", "aria-label": text("network.layer", { number, label }) };
  return button(label, (event) => openLayer(context, at, event.currentTarget), known);
}

/** One unit less, how many there are, one more. */
function units({ store, change }, column, number) {
  const layer = store.state.network.layers?.[column.at];
  const option = layer?.name === column.name && store.can("set") ? layer.options?.find(({ path }) => path.endsWith(".units")) : null;
  if (!option) return el("span", { class: "quiet" }, String(column.units));
  const by = (step, sign, key) => {
    const value = column.units + step;
    const label = text(step > 0 ? "network.unit.more" : "network.unit.less", { number, label: column.label });
    const off = value < (option.minimum ?? 1) || value > (option.maximum ?? Infinity);
    return button(sign, () => change(option.path, value), { class: "plain by", label, off, "data-key": `${key}-${column.name}` });
  };
  return [by(-1, "−", "less"), el("span", { class: "quiet" }, String(column.units)), by(1, "+", "more")];
}

function makeDraggable({ store }, head, at) {
  head.draggable = true;
  head.ondragstart = ({ dataTransfer }) => dataTransfer.setData("text/x-layer", String(at));
  head.ondragover = (event) => event.dataTransfer.types.includes("text/x-layer") && event.preventDefault();
  head.ondrop = (event) => {
    event.preventDefault();
    const from = Number(event.dataTransfer.getData("text/x-layer"));
    if (from !== at) store.do("move_layer", { from, to: at });
  };
}

/** Open the menu below a button, with what `fill` returns; it is filled anew after each change. */
function open({ menu }, anchor, label, fill) {
  menu.refresh = () => {
    const filled = fill();
    if (filled) menu.replaceChildren(...filled);
    else menu.hidePopover();
  };
  menu.setAttribute("aria-label", label);
  menu.refresh();
  const back = wayBack(anchor);
  menu.ontoggle = ({ newState }) => newState === "closed" && (document.activeElement === document.body || menu.contains(document.activeElement)) && back();
  menu.showPopover();
  const box = anchor.getBoundingClientRect();
  menu.style.setProperty("left", `${Math.max(Math.min(box.left, innerWidth - menu.offsetWidth - 8), 8)}px`);
  menu.style.setProperty("top", `${Math.max(Math.min(box.bottom + 4, innerHeight - menu.offsetHeight - 8), 8)}px`);
  menu.querySelector("input, select, button")?.focus();
}

function openKinds(context, at, anchor) {
  const { store, menu } = context;
  const add = (kind) => () => (menu.hidePopover(), store.do("add_layer", { at, kind }));
  const kinds = store.state.network.kinds ?? [];
  const group = (found) => el("div", { class: "kinds" }, found.map(({ kind, label }) => button(label ?? kind, add(kind))));
  const [common, rest] = [kinds.filter((one) => one.common), kinds.filter((one) => !one.common)];
  const fill = () => [el("h3", {}, text("network.add")), ...(common.length ? [group(common), el("h3", {}, text("network.add.rest"))] : []), group(rest)];
  open(context, anchor, text("network.add"), fill);
}

function openLayer(context, at, anchor) {
  const { store, menu, change } = context;
  const { name } = store.state.network.layers[at];
  const options = el("div", {});
  const act = (label, command, args, there) => {
    const closes = () => (menu.hidePopover(), store.do(command, args));
    return there && store.can(command) ? button(text(label), closes) : null;
  };
  open(context, anchor, name, () => {
    const layer = store.state.network.layers[at];
    if (layer?.name !== name) return null;
    showOptions(options, store.can("set") ? layer.options ?? [] : [], change);
    const last = store.state.network.layers.length - 1;
    const buttons = [
      button(text("network.explain"), () => (menu.hidePopover(), store.select({ kind: "layer", layer: name }))),
      act("network.move.left", "move_layer", { from: at, to: at - 1 }, at > 0),
      act("network.move.right", "move_layer", { from: at, to: at + 1 }, at < last),
      act("network.remove", "remove_layer", { at }, last > 0),
      store.can("add_layer") && at < last ? button(text("network.add.after"), () => openKinds(context, at + 1, anchor)) : null,
    ].filter(Boolean);
    return [el("h3", {}, layer.label ?? name), options, el("div", { class: "kinds" }, buttons)];
  });
}
