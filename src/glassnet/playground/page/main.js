// Starts the page: engine, store, panels, and the painting of frames.

import { mount as mountData } from "./panel_data.js";
import { mount as mountNetwork } from "./panel_network.js";
import { mount as mountResult } from "./panel_result.js";
import { mount as mountTimeline } from "./timeline.js";
import { mount as mountExplain } from "./drawer_explain.js";
import { mount as mountFindings } from "./findings.js";
import { mount as mountCode } from "./drawer_code.js";
import { mountCutHints } from "./cut_hints.js";
import { mountDrawer } from "./drawer.js";
import { mountHeader } from "./header.js";
import { mountKeyboard } from "./keyboard.js";
import { mountNotices } from "./notices.js";
import { connect } from "./socket_engine.js";
import { Store } from "./store.js";
import { fillTexts, loadTexts, text } from "./texts.js";

const PANELS = [
  ["#data > .body", mountData],
  ["#network > .body", mountNetwork],
  ["#result > .body", mountResult],
  ["#timeline", mountTimeline],
  ["#explain", mountExplain],
  ["#findings", mountFindings],
  ["#code", mountCode],
];

/** Paint at most once per picture of the screen, then tell the engine, and say on the body what is painted. */
function paintFrames(store) {
  const { dataset } = document.body;
  let asked = false;
  function paint() {
    asked = false;
    store.paint();
    if (!store.state) return;
    dataset.state = store.gone ? "gone" : store.state.running ? "running" : "paused";
    dataset.revision = store.state.revision;
    dataset.step = store.step;
  }
  function ask() {
    if (!asked) requestAnimationFrame(paint);
    asked = true;
  }
  store.on("state", ask);
  store.on("gone", ask);
  store.on("arrived", () => {
    requestAnimationFrame(() => store.engine.painted());
    ask();
  });
}

/** Mount the panels once the first state is there; one that fails leaves the others alive. */
function mountPanels(store) {
  const stop = store.on("state", () => {
    stop();
    for (const [selector, mount] of PANELS) {
      try {
        mount(document.querySelector(selector), store);
      } catch (error) {
        reportError(error);
      }
    }
    mountCutHints();
  });
}

/** Start the page; `globalThis.glassnet` holds `engine` (a function that makes one) and `texts` where it is one file. */
export async function start({ engine, texts } = globalThis.glassnet ?? {}) {
  await loadTexts(texts);
  fillTexts(document);
  document.title = text("app.title");
  const store = new Store(engine ? engine() : connect());
  mountNotices(store);
  mountHeader(store);
  mountDrawer(store);
  mountKeyboard(store);
  mountPanels(store);
  paintFrames(store);
  return store;
}

globalThis.playground = start();
