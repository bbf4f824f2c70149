// One sentence at a time: news, refusals, banners for what stops the work, and the line of the first visit.

import { button, el } from "./dom.js";
import { text } from "./texts.js";

const MOST = 3;
const GREETED = "glassnet playground greeted";

/** Mount notices and banners. */
export function mountNotices(store) {
  const place = document.getElementById("notices");
  store.on("notice", ({ words, kind }) => notice(place, words, kind));
  mountBanner(store);
  greet(document.getElementById("hint"));
  listenToTabs(store);
}

/** Show one sentence until it is dismissed; the oldest goes where there are too many, and a repeated one is not shown twice. */
function notice(place, words, kind) {
  for (const shown of place.children) if (shown.dataset.words === words) shown.remove();
  while (place.children.length >= MOST) place.firstChild.remove();
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, kind === "refusal" ? "!" : "i");
  const made = el("div", { class: `notice ${kind}`, dataset: { words } }, mark, el("p", {}, words));
  made.append(button("×", () => made.remove(), { label: text("app.dismiss"), class: "plain" }));
  place.append(made);
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

/** What to do first, once per browser. */
function greet(place) {
  try {
    if (localStorage.getItem(GREETED)) return;
    localStorage.setItem(GREETED, "yes");
  } catch {
    // a page without storage greets every time
  }
  const close = button("×", () => place.replaceChildren(), { label: text("app.dismiss"), class: "plain" });
  place.append(el("p", {}, text("app.hint")), close);
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
