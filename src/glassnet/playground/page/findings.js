// Findings as cards: what was measured, where, why it matters, what was tried; a branch with what helped is one button away.

import { button, el, say } from "./dom.js";
import { text } from "./texts.js";

const MARKS = { error: "✕", warning: "!", note: "i" };
const PARTS = ["measured", "where", "why", "do", "tried"];

export function mount(root, store) {
  let looking = false;
  let lookedAt = null;
  const said = el("p", { role: "status", class: "quiet" });
  const cards = el("div", { class: "cards" });
  const look = button(text("findings.look"), async () => {
    looking = true;
    show();
    if ((await store.do("diagnose")) === undefined) looking = false;
    show();
  }, { hidden: !store.can("diagnose") });

  function show() {
    const found = store.state?.findings ?? [];
    look.disabled = looking;
    const problems = found.filter(({ severity }) => severity !== "note").length;
    const key = looking ? "looking" : found.length ? "found" : lookedAt === null ? "waiting" : "none";
    say(said, text(`findings.${key}`, { problems, notes: found.length - problems, step: lookedAt }));
    const signature = JSON.stringify(found);
    if (cards.dataset.shown === signature) return;
    cards.dataset.shown = signature;
    cards.replaceChildren(...found.map((finding) => cardOf(finding, store)));
  }

  root.append(el("div", { class: "bar" }, look, said), cards);
  store.on("findings", () => {
    looking = false;
    lookedAt = store.step;
    show();
  });
  store.on("state", (state) => {
    [lookedAt, looking] = [state.looked_at ?? null, false];
    show();
  });
  lookedAt = store.state?.looked_at ?? null;
  show();
}

function cardOf(finding, store) {
  const { severity, title, code, change } = finding;
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, MARKS[severity] ?? "i");
  const rows = PARTS.filter((part) => finding[part]).flatMap((part) => [el("dt", {}, text(`findings.${part}`)), el("dd", {}, finding[part])]);
  const branch = async () => {
    const made = await store.do("branch_with", { code });
    if (made) store.notice(text("findings.branched", { run: made.run, change }));
  };
  const actions = [
    finding.can_branch && store.can("branch_with") ? button(text("findings.branch", { change }), branch, { class: "main", label: null }) : null,
    finding.step !== null && store.can("go_to") ? button(text("findings.go", { step: finding.step }), () => store.do("go_to", { step: finding.step }), { label: null }) : null,
    finding.layer && store.can("explain_layer") ? button(text("findings.layer", finding), () => store.select({ kind: "layer", layer: finding.layer }), { label: null }) : null,
  ].filter(Boolean);
  return el("article", { class: `finding ${severity}`, "aria-label": title },
    el("h3", {}, mark, el("span", { class: "severity" }, text(`findings.severity.${severity}`)), " ", title),
    el("dl", {}, rows), actions.length ? el("div", { class: "bar" }, actions) : null);
}
