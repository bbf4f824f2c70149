// The drawer: three tabs, of which the store says which is open.

import { say } from "./dom.js";

const TABS = ["explain", "findings", "code"];

/** Mount the tabs. */
export function mountDrawer(store) {
  const tabs = TABS.map((name) => document.getElementById(`tab-${name}`));
  const show = () => {
    TABS.forEach((name, index) => {
      const open = store.drawer === name;
      document.getElementById(name).hidden = !open;
      tabs[index].setAttribute("aria-selected", open);
      tabs[index].tabIndex = open ? 0 : -1;
    });
  };
  tabs.forEach((tab, index) => {
    tab.onclick = () => store.open(TABS[index]);
    tab.onkeydown = (event) => {
      const shown = tabs.filter((each) => each === tab || each.offsetParent), at = shown.indexOf(tab), { length } = shown;
      const next = { ArrowRight: (at + 1) % length, ArrowLeft: (at + length - 1) % length, Home: 0, End: length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      store.open(TABS[tabs.indexOf(shown[next])]);
      shown[next].focus();
    };
  });
  store.on("drawer", show);
  show();
  const larger = document.getElementById("larger");
  larger.onclick = () => larger.setAttribute("aria-pressed", document.body.classList.toggle("large-drawer"));
  const count = document.querySelector("#tab-findings .count");
  const recount = () => {
    const found = store.state?.findings?.length ?? 0;
    count.hidden = !found;
    say(count, String(found));
  };
  store.on("state", recount);
  store.on("findings", recount);
}
