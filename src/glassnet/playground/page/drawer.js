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
      const next = { ArrowRight: index + 1, ArrowLeft: index + 2, Home: 0, End: 2 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      store.open(TABS[next % 3]);
      tabs[next % 3].focus();
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
