// The line on top: what runs, in one sentence, and the tools that belong to no panel.

import { abridged, button, figure, say, setOff } from "./dom.js";
import { openHelp } from "./keyboard.js";
import { toggleSound } from "./sound.js";
import { newestLoss } from "./store.js";
import { text } from "./texts.js";

/** Mount the line on top. */
export function mountHeader(store) {
  const tools = document.getElementById("tools");
  const undo = button("↶", () => store.do("undo"), { label: text("app.undo"), "aria-keyshortcuts": "Control+Z" });
  const redo = button("↷", () => store.do("redo"), { label: text("app.redo"), "aria-keyshortcuts": "Control+Y" });
  const sound = button("♪", () => sound.setAttribute("aria-pressed", toggleSound(store)), {
    label: text("app.sound"), "aria-pressed": "false",
  });
  const help = button("?", openHelp, { label: text("app.help"), "aria-haspopup": "dialog" });
  tools.append(undo, redo, sound, help);
  store.on("state", (state) => {
    undo.hidden = !store.can("undo");
    redo.hidden = !store.can("redo");
    setOff(undo, !state.can_undo);
    setOff(redo, !state.can_redo);
    say(document.getElementById("summary"), summary(state));
  });
  announceLoss(store);
}

function summary({ data, network, run }) {
  const rows = data?.rows && text("app.rows", { rows: figure(data.rows.train + data.rows.valid), train: figure(data.rows.train) });
  const parameters = network?.parameters !== undefined && text("app.parameters", { parameters: figure(network.parameters) });
  return [data?.title && abridged(data.title, 60), rows, parameters, run].filter(Boolean).join(" · ");
}

/** The newest loss in words, for screen readers, at most every five seconds. */
function announceLoss(store) {
  const live = document.getElementById("live");
  let last = 0;
  let loss = null;
  const speak = () => {
    last = performance.now();
    say(live, text("app.live", { step: figure(store.frame.step), loss: figure(loss, 3) }));
  };
  store.on("frame", (frame) => {
    loss = newestLoss(frame) ?? loss;
    if (loss !== null && store.state.running && performance.now() - last >= 5000) speak();
  });
  let ran = false;
  store.on("state", ({ running }) => {
    if (ran && !running && loss !== null && store.frame) speak();
    ran = running;
  });
}
