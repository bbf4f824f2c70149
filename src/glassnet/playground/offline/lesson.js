/** Lesson mode: a text beside the page, hidden controls, and a task that the page checks. */

import { el, figure, say } from "../page/dom.js";
import { text } from "../page/texts.js";

/** Say that the data are in the file, and mount a lesson `{title, text: [paragraph], task, hide: [part], goal: {what: limit}}`, if there is one. */
export function mountLesson(store, { lesson, rows }) {
  const inside = text("lesson.inside", { rows: figure(rows.train.n + rows.valid.n) });
  document.querySelector("#data").append(el("p", { class: "quiet" }, inside));
  document.body.classList.add("hide-findings"); // which only Python makes
  if (!lesson) return;
  document.body.classList.add("lesson");
  for (const part of lesson.hide) document.body.classList.add(`hide-${part}`);
  const title = lesson.title && el("h2", {}, lesson.title);
  const panel = el("section", { id: "lesson", class: "panel", "aria-label": text("lesson.label") }, title, ...lesson.text.map((words) => el("p", {}, words)));
  const task = lesson.task && el("p", { class: "task" }, el("strong", {}, text("lesson.task")), " ", lesson.task);
  if (task) panel.append(task);
  if (lesson.hide.includes("data")) document.querySelector("#data").before(panel);
  else document.querySelector("header").append(panel);
  if (Object.keys(lesson.goal).length) watch(store, lesson.goal, panel);
}

/** Say at every frame how far the goal is at the step that is shown, and where this run first reached it: there it pauses. */
function watch(store, goal, panel) {
  const line = el("p", { class: "goal" }), verdict = el("p", { class: "goal", role: "status" });
  panel.append(line, verdict);
  const { engine } = store, parts = Object.entries(goal);
  engine.goal = (run) => parts.every(([what, limit]) => reached(store, what, measured(run, what), limit));
  let isNew = true;
  const look = () => {
    const { frame, state } = store;
    if (!frame) return;
    if (isNew) engine.checkGoal(); // the file may bring a run that has; which way a score goes is known with the first frame
    isNew = false;
    const { goalAt } = engine.branch;
    say(line, parts.map(([what, limit]) => words_of(store, what, measured(frame, what), limit)).join("; "));
    panel.classList.toggle("done", goalAt !== null);
    const isHere = frame.step === goalAt && !state.running;
    say(verdict, goalAt === null ? "" : `✓ ${text(isHere ? "lesson.done.paused" : "lesson.done", { step: figure(goalAt) })}`);
  };
  store.on("frame", look);
  look();
}

const IN_HISTORY = ["loss", "valid_loss", "score"]; // in the order of a row of the history, after the step

/** What a goal is about, at the step of a run or a frame and at the end of the epoch before it. */
function measured({ step, ended }, what) {
  return what === "steps" ? step : ended?.[1 + IN_HISTORY.indexOf(what)];
}

function reached(store, what, value, limit) {
  if (!Number.isFinite(value)) return false;
  return isUpwards(store, what) ? value >= limit : value <= limit;
}

function isUpwards(store, what) {
  return what === "steps" || (what === "score" && store.state.score?.higher_is_better !== false);
}

function words_of(store, what, value, limit) {
  const name = what === "score" ? (store.state.score?.name ?? text("lesson.score")) : text(`lesson.${what}`);
  const sign = isUpwards(store, what) ? "≥" : "≤";
  return text("lesson.goal", { name, sign, limit: String(limit), now: figure(value) });
}
