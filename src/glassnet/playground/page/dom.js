// Small helpers to make and fill elements; text gets in as text only, whoever wrote it.

/** Return a new element: `el("button", {class: "quiet", onclick: f, "aria-label": "x"}, "text", child)`.
 *  `on…` and `value`, `checked`, `disabled`, `hidden` … are set as properties, `dataset` and `style` are merged,
 *  everything else is an attribute; null, undefined and false leave an attribute out. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "dataset") Object.assign(made.dataset, value);
    else if (name === "style") for (const [key, text] of Object.entries(value)) made.style.setProperty(key, text);
    else if (name.startsWith("on") || PROPERTIES.has(name)) made[name] = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "selected"]);
const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG, where everything but `on…` is an attribute. */
export function svg(tag, props = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) made[name] = value;
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat());
  return made;
}

/** Set the text of an element only where it differs, so that screen readers and layout are left in peace. */
export function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

/** A button that does something; `props.label` is its name where its content is a picture, `props.off` whether it has nothing
 *  to do now. */
export function button(content, onclick, { label, off = false, ...props } = {}) {
  const act = (event) => made.ariaDisabled !== "true" && onclick(event);
  const made = el("button", { type: "button", onclick: act, "aria-label": label, title: label, ...props }, content);
  if (off) setOff(made, off);
  return made;
}

/** Say whether a button has nothing to do now; unlike one that is disabled, it keeps the focus. */
export function setOff(made, off) {
  if ((made.ariaDisabled === "true") !== Boolean(off)) made.ariaDisabled = off ? "true" : null;
}

/** Return what gives the focus back to the element that has it now, or to the one that has been made in its place. */
export function wayBack(element = document.activeElement) {
  const around = [];
  for (let each = element; (each = each?.parentElement?.closest("[id]")); ) around.push(each.id);
  const marks = Object.entries(element?.dataset ?? {}).map(([name, value]) =>
    `[data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}="${CSS.escape(value)}"]`);
  return () => {
    const again = (id) => document.getElementById(id)?.querySelector(`${element.tagName}${marks.join("")}`);
    const same = () => document.getElementById(element.id) ?? (marks.length ? again(around[0]) : null);
    const found = [element?.isConnected ? element : same(), ...around.map((id) => document.getElementById(id))];
    for (const each of found) {
      each?.focus({ preventScroll: each !== element });
      if (each && document.activeElement === each) return;
    }
  };
}

/** A name that may be very long: its beginning and its end. */
export function abridged(name, most = 32) {
  const letters = [...String(name)];
  const end = Math.floor(most / 3);
  return letters.length <= most ? String(name) : `${letters.slice(0, most - end - 1).join("")}…${letters.slice(-end).join("")}`;
}

/** A number as people read it: four digits, thousands apart, exponents only where they help. */
export function figure(value, digits = 4) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return value.toLocaleString("en").replace("-", "−");
  const text = size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(digits - 2) : value.toPrecision(digits);
  return text.replace("-", "−");
}
