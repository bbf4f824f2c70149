// Fields for numbers, as people write them: a comma or a point, a minus from a book, an exponent; arrows change them.

import { el } from "./dom.js";
import { text } from "./texts.js";

const DIGITS = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;

/** The number in a text: null where there is none, NaN where it is something else, or has to be whole and is not. */
export function numberIn(words, whole = false) {
  const plain = words.replace(/[\s\u00a0\u2009\u202f]/g, "").replace(/[\u2212\u2013\ufe63\uff0d]/g, "-");
  if (!plain) return null;
  if (!DIGITS.test(plain) || (whole && plain.includes(","))) return NaN; // in whole numbers a comma might divide thousands
  const found = Number(plain.replace(",", "."));
  return Number.isFinite(found) && (!whole || Number.isSafeInteger(found)) ? found : NaN;
}

/** The next number up (side 1) or down (-1): a step away, or else one in the first digit: 0.03, 0.02, 0.01, 0.009. */
export function nextNumber(value, side, { whole = false, step = whole ? 1 : 0, minimum = -Infinity, maximum = Infinity } = {}) {
  const size = Math.abs(value);
  const outwards = value * side >= 0;
  const digit = size && 10 ** Math.floor(Math.log10(size) + 1e-9);
  const by = step || (!size ? 0.01 : !outwards && size < digit * 1.000001 ? digit / 10 : digit);
  return Number(Math.min(Math.max(value + side * by, minimum), maximum).toPrecision(12));
}

/** A field of `{type, value, step, minimum, maximum, optional}`. `commit(value)` is called with a number that was typed or
 *  reached by the arrows, or with null where the field was emptied and may be; it may return a promise, after which what is in
 *  force is shown: `field.inForce = value` says so. A lazy field waits for `field.commit()`. What is no number is told by the
 *  event "refused" with a sentence, which is null where it is one. */
export function numberField({ type, value, optional, lazy, ...bounds }, commit, props = {}) {
  const whole = type === "integer";
  const known = { role: "spinbutton", "aria-valuemin": bounds.minimum, "aria-valuemax": bounds.maximum };
  const input = el("input", { type: "text", inputmode: whole ? "numeric" : "decimal", autocomplete: "off", spellcheck: "false", ...known, ...props });
  let [inForce, typed] = [value, false];
  const show = () => {
    typed = false;
    input.value = inForce === null || inForce === undefined ? "" : String(inForce).replace("-", "−");
    if (Number.isFinite(inForce)) input.setAttribute("aria-valuenow", inForce);
    else input.removeAttribute("aria-valuenow");
  };
  const take = async (found) => {
    typed = false;
    try {
      if (found !== inForce) await commit(found);
    } finally {
      if (!typed) show();
    }
  };
  input.oninput = () => { typed = true; };
  input.commit = () => {
    const found = numberIn(input.value, whole);
    const said = Number.isNaN(found) ? text(whole ? "app.number.whole" : "app.number", { got: input.value.trim() }) : null;
    input.dispatchEvent(new CustomEvent("refused", { bubbles: true, detail: said }));
    return said || (found === null && !optional) ? show() : take(found);
  };
  input.onchange = lazy ? null : input.commit;
  input.onkeydown = (event) => {
    const side = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!side || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const now = numberIn(input.value, whole);
    const next = nextNumber(Number.isFinite(now) ? now : inForce ?? 0, side, { whole, ...bounds });
    input.value = String(next).replace("-", "−");
    typed = true;
    if (!lazy) take(next);
  };
  Object.defineProperty(input, "inForce", { get: () => inForce, set: (now) => { inForce = now; if (!typed || document.activeElement !== input) show(); } });
  show();
  return input;
}
