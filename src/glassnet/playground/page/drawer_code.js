// The tab "Code": the Python of the run that is shown.

import { paste } from "./code_paste.js";
import { button, el, say } from "./dom.js";
import { text } from "./texts.js";

const PAUSE = 400; // milliseconds between two looks at a run that goes on
const WORDS = /(#.*)|("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\b(import|as|from|True|False|None)\b|\b(\d[\d_.]*(?:e[+-]?\d+)?)\b|(\w+)(?==[^=])/gi;
const KINDS = ["comment", "text", "word", "figure", "argument"];

/** Mount the tab in its panel. */
export function mount(root, store) {
  const shown = el("code");
  const said = el("p", { class: "unseen", role: "status" });
  const listing = el("pre", { class: "listing", tabindex: "0", "aria-label": text("code.listing") }, shown);
  const noPage = el("p", { class: "quiet" });
  const tools = toolbar(store, shown, said);
  root.append(el("p", { class: "quiet" }, text(store.engine.address ? "code.what" : "code.what.file")), tools, noPage, listing, said);
  if (store.can("load_code")) root.append(paste(store));
  follow(store, ({ python, no_page = "" }) => {
    show(shown, python);
    const page = tools.querySelector(".page");
    noPage.hidden = !page || !no_page;
    noPage.textContent = no_page;
    if (page) page.hidden = Boolean(no_page);
  });
}

function toolbar(store, shown, said) {
  const copy = button(text("code.copy"), async () => {
    const done = await copied(shown);
    say(said, text(done ? "code.copied" : "code.select"));
    copy.textContent = text(done ? "code.copied" : "code.copy");
    setTimeout(() => (copy.textContent = text("code.copy")), 2000);
  });
  const file = button(text("code.download"), () => save("glassnet_run.py", "text/x-python", shown.textContent));
  const isServed = store.engine.address && location.protocol !== "about:"; // not one file, nor within a notebook
  const notebook = isServed ? el("a", { class: "button", href: "./download/notebook", download: "" }, text("code.notebook")) : null;
  const page = isServed ? button(text("code.page"), () => savePage(store), { class: "page" }) : null;
  return el("div", { class: "code-tools", role: "group", "aria-label": text("code.tools") }, copy, file, notebook, page);
}

/** Save the page as one file, or say why there can be none. */
async function savePage(store) {
  const answer = await fetch(new URL("./download/page", location.href)).catch(() => null);
  if (!answer) store.notice(text("code.page.failed"), "refusal");
  else if (answer.ok) save("glassnet_page.html", "text/html", await answer.text());
  else store.notice((await answer.json()).error, "refusal");
}

/** Copy what is shown; where the browser refuses, select it, so that a key press will do. */
async function copied(shown) {
  try {
    await navigator.clipboard.writeText(shown.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(shown);
    return false;
  }
}

function save(name, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Show a program, its parts in colours; what stands there already is left alone. */
function show(shown, python) {
  if (shown.textContent === python) return;
  const parts = [];
  let end = 0;
  for (const found of python.matchAll(WORDS)) {
    const kind = KINDS[found.slice(1).findIndex((group) => group !== undefined)];
    parts.push(python.slice(end, found.index), el("span", { class: `py-${kind}` }, found[0]));
    end = found.index + found[0].length;
  }
  shown.replaceChildren(...parts, python.slice(end));
}

/** Ask for the code whenever the run that is shown is another one, while the tab is open. */
function follow(store, take) {
  let key = "";
  let asking = false;
  const wanted = () => {
    const { revision, running, steps_per_epoch: perEpoch } = store.state;
    const step = store.frame?.revision === revision ? store.frame.step : store.state.step;
    return `${revision} ${running && perEpoch ? Math.floor(step / perEpoch) : step}`;
  };
  async function look() {
    if (asking || store.drawer !== "code" || wanted() === key) return;
    asking = true;
    key = wanted();
    try {
      take(await store.engine.send("code"));
    } catch (error) {
      take({ python: `# ${error.message}\n` });
    }
    setTimeout(() => {
      asking = false;
      look();
    }, PAUSE);
  }
  for (const kind of ["state", "frame", "drawer"]) store.on(kind, look);
  look();
}
