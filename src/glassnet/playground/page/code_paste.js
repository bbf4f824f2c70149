// A run of one's own Python, pasted into the tab "Code".

import { button, el, say } from "./dom.js";
import { text } from "./texts.js";

/** The part that takes a program of one's own. */
export function paste(store) {
  const area = el("textarea", { rows: 8, spellcheck: "false", autocapitalize: "off", id: "pasted", "aria-describedby": "pasted-said" });
  const said = el("p", { id: "pasted-said", role: "alert" });
  const load = button(text("code.load"), async () => {
    load.disabled = true;
    area.removeAttribute("aria-invalid");
    try {
      const { notes } = await store.engine.send("load_code", { text: area.value });
      said.className = "quiet";
      say(said, [text("code.loaded"), ...notes].join(" "));
    } catch (error) {
      said.className = "refused";
      area.setAttribute("aria-invalid", "true");
      say(said, error.message);
      point(area, error.message);
    } finally {
      load.disabled = false;
    }
  }, { class: "main" });
  const label = el("label", { for: "pasted" }, text("code.paste.what"));
  return el("details", { class: "paste" }, el("summary", {}, text("code.paste")), label, said, area, load);
}

/** Select the line that a sentence names. */
function point(area, sentence) {
  const number = Number(/^line (\d+):/.exec(sentence)?.[1] ?? 0);
  if (!number) return;
  const lines = area.value.split("\n");
  const start = lines.slice(0, number - 1).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[number - 1]?.length ?? 0));
}
