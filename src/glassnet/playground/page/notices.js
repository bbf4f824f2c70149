// One sentence at a time: news, refusals, banners for what stops the work, and the line of the first visit.

import { button, el } from "./dom.js";
import { text } from "./texts.js";

const MOST = 3;
const SHORTEST = 8000; // milliseconds that a notice stays at least
const READING = 60; // and for each of its characters, if that is more
const GREETED = "glassnet playground greeted";
const FIELD = "field"; // what a notice is of that tells what cannot be typed

/** Mount notices and banners. */
export function mountNotices(store) {
  const place = document.getElementById("notices");
  const settle = (of) => [...place.children].forEach((shown) => shown.dataset.of === of && shown.remove());
  store.on("notice", (said) => notice(place, said));
  store.on("done", settle);
  document.addEventListener("refused", ({ detail }) => (detail ? store.notice(detail, "refusal", FIELD) : settle(FIELD)));
  mountBanner(store);
  greet(document.getElementById("hint"), store);
  listenToTabs(store);
}

/** Show one sentence until it is dismissed, settled or read; the oldest goes where there are too many, and a repeated one is
 *  not shown twice. */
function notice(place, { words, kind, of }) {
  for (const shown of place.children) if (shown.dataset.words === words) shown.remove();
  while (place.children.length >= MOST) place.firstChild.remove();
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, kind === "refusal" ? "!" : "i");
  const made = el("div", { class: `notice ${kind}`, dataset: { words, of: of ?? "" } }, mark, el("p", {}, words));
  made.append(button("×", () => made.remove(), { label: text("app.dismiss"), class: "plain" }));
  place.append(made);
  leaveWhenRead(made, Math.max(SHORTEST, READING * words.length));
}

/** Remove a notice after a while, of which no moment counts in which it is pointed at, has the focus, or is out of sight. */
function leaveWhenRead(made, wait) {
  let timer = 0;
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => (document.hidden || made.matches(":hover, :focus-within") ? begin() : made.remove()), wait);
  };
  for (const event of ["pointerleave", "focusout"]) made.addEventListener(event, begin);
  begin();
}

/** The banner says why nothing moves: the server is gone (with a button), or the network diverged. */
function mountBanner(store) {
  const banner = document.getElementById("banner");
  let gone = null;
  const show = () => {
    const words = gone ?? store.diverged ?? "";
    if (banner.dataset.words === words) return;
    banner.dataset.words = words;
    banner.replaceChildren();
    if (words) banner.append(el("p", {}, words));
    if (gone) banner.append(button(text("app.retry"), () => store.engine.retry?.()));
    else if (words && store.can("restart")) banner.append(button(text("app.restart"), () => store.do("restart")));
  };
  store.engine.onGone((words) => {
    gone = store.gone = words;
    show();
    store.emit("gone", words);
  });
  store.on("state", show);
}

/** What to do first, until it is done or dismissed: once per browser. */
function greet(place, store) {
  if (greeted()) return;
  const leave = () => {
    [stop, stopFrames].forEach((each) => each());
    place.replaceChildren();
    remember();
  };
  let first = null;
  const look = () => {
    first ??= store.step;
    if (store.state.running || store.step !== first) return leave();
    if (place.firstChild || !store.can("run")) return undefined;
    const words = [text("app.hint"), store.can("explain_neuron") ? text("app.hint.explain") : ""];
    return place.append(el("p", {}, words.filter(Boolean).join(" ")), button("×", leave, { label: text("app.dismiss"), class: "plain" }));
  };
  const [stop, stopFrames] = ["state", "frame"].map((event) => store.on(event, look));
}

function greeted() {
  try {
    return localStorage.getItem(GREETED) !== null;
  } catch {
    return false; // a page without storage greets every time
  }
}

function remember() {
  try {
    localStorage.setItem(GREETED, "yes");
  } catch {
    // then it greets again
  }
}

/** Say so where a second tab steers the same experiment. */
function listenToTabs(store) {
  if (!globalThis.BroadcastChannel || location.protocol === "file:") return;
  const channel = new BroadcastChannel(`glassnet playground ${location.host}`);
  channel.onmessage = ({ data }) => {
    if (data === "open") channel.postMessage("open too");
    store.notice(text("app.tabs"));
  };
  channel.postMessage("open");
}
