"use strict";
(function (model) {
const MANY = 60; // inputs without names: more are pasted
const LISTED = 200; // categories: more are searched
const SHOWN = 10; // bars
const {columns, about} = model;
const at = (id) => document.getElementById(id);

function element(tag, entries, ...children) {
  const made = Object.assign(document.createElement(tag), entries);
  made.append(...children);
  return made;
}

function neat(number) {
  return Number.isFinite(number) ? number.toLocaleString("en", {maximumSignificantDigits: 6}) : String(number);
}

function percent(share) {
  return Number((100 * share).toFixed(1)) + " %";
}

// ---- the form ----

const pasted = columns.length > MANY && columns.every((column, i) => column.name === "x" + (i + 1));
const controls = [];

function hint(column) {
  if (column.kind === "category") return isSearched(column) ? (column.categories.length ? column.categories.length + " categories" : "any text") : "";
  const range = column.low === undefined ? "" : [column.low, column.high].map((end) => model.showCell(end, column).replace("T", " ")).join(" to ");
  const form = column.kind === "date" ? range && "(year-month-day)" : range && column.unit;
  const sample = column.style === "time" ? "such as 18:30" : column.style && "such as 18:30 or 2h 30m";
  return [range + (form ? " " + form : ""), sample].filter(Boolean).join(", ");
}

/** Whether the categories of a column are searched for by their first letters, or there are none to choose from. */
function isSearched(column) {
  return column.kind === "category" && (column.categories.length > LISTED || !column.categories.length);
}

function control(column, id) {
  if (column.kind === "boolean") return choice([column.trues[0], column.falses[0]]);
  if (column.kind === "category" && !isSearched(column)) return choice(column.categories);
  const input = element("input", {autocomplete: "off"});
  if (column.kind === "date") return Object.assign(input, {type: column.timed ? "datetime-local" : "date", step: "any"});
  if (column.kind === "number" && !column.style) input.inputMode = "decimal";
  if (isSearched(column)) input.setAttribute("list", id + "list");
  return input;
}

function choice(values) {
  return element("select", {}, element("option", {value: ""}, "missing"), ...values.map((value) => element("option", {value}, value)));
}

function addField(column, i) {
  const id = "c" + i;
  const input = Object.assign(control(column, id), {id});
  input.setAttribute("aria-describedby", id + "hint");
  const field = element("div", {}, element("label", {htmlFor: id, title: column.name}, column.name.trim() || "(no name)"), input);
  if (isSearched(column)) {
    field.append(element("datalist", {id: id + "list"}, ...column.categories.map((value) => element("option", {value}))));
  }
  field.append(element("small", {id: id + "hint"}, hint(column)));
  controls.push(input);
  if (!column.unused) at("fields").append(field);
}

function addPaste() {
  const input = element("textarea", {id: "c0", rows: 8, spellcheck: false});
  input.setAttribute("aria-describedby", "c0hint");
  const words = columns.length + " numbers, with blanks, commas or new lines between them";
  at("fields").append(element("div", {className: "wide"}, element("label", {htmlFor: "c0"}, words), input, element("small", {id: "c0hint"})));
  controls.push(input);
}

function fill(texts) {
  if (pasted) controls[0].value = texts.join(" ").trim();
  else controls.forEach((input, i) => (input.value = texts[i]));
  for (const input of controls) if (input.selectedIndex < 0) input.value = ""; // a category that is none of the choices
  update();
}

function example(row) {
  return columns.map((column, i) => {
    const cell = row[i];
    const isGone = cell === "" || Number.isNaN(cell) || (column.codes || []).includes(cell);
    if (column.unused || isGone) return "";
    if (column.kind === "category") return cell;
    if (column.kind === "boolean") return (cell ? column.trues : column.falses)[0];
    if (column.kind === "date") return new Date(Math.floor(cell * 1440) * 6e4).toISOString().slice(0, column.timed ? 16 : 10);
    if (column.style) return model.showCell(rounded(cell, column), column);
    const short = Number(cell.toPrecision(6));
    return String(short < column.low || short > column.high ? cell : short).replace(".", column.decimal || ".");
  });
}

/** A time in whole minutes, or else seconds, as the ends of the range in training are. */
function rounded(cell, {low, high}) {
  const step = low % 60 || high % 60 ? 1 : 60;
  return Math.round(cell / step) * step;
}

// ---- the prediction ----

/** The numbers of a text; commas stand between them unless blanks do, and then may be decimal commas. */
function separated(text) {
  const words = text.split(/[\s;]+/).filter(Boolean);
  const doubt = words.length > 1 && words.find((word) => /^[-+]?\d*,\d+(e[-+]?\d+)?$/i.test(word));
  if (doubt) throw new Error(`"${doubt}" may be one number or two; write numbers with decimal points, and commas between numbers only.`);
  return text.split(/[\s,;]+/).filter(Boolean);
}

function update() {
  try {
    predictTexts(pasted ? separated(controls[0].value) : controls.map((input) => input.value));
  } catch (error) {
    show({text: "–", note: error.message});
  }
}

function predictTexts(texts) {
  const filled = texts.filter(Boolean).length;
  if (!pasted) controls.forEach((input, i) => columns[i].unused || mark(input, columns[i], problem(texts[i], columns[i])));
  const wrong = controls.some((input) => input.hasAttribute("aria-invalid"));
  if (pasted) at("c0hint").textContent = filled + " of " + columns.length + " numbers";
  if (!filled || wrong || (!about.table && filled < columns.length) || texts.length > columns.length) {
    const need = about.table ? "Fill in what you know." : "Needs " + columns.length + " numbers, has " + filled + ".";
    return show({text: "–", note: wrong ? "A field cannot be read." : need});
  }
  show(described(model.predict(texts)));
}

function problem(text, column) {
  try {
    if (text) model.readCell(text, column);
    return "";
  } catch (error) {
    return error.message;
  }
}

function mark(input, column, words) {
  const small = at(input.id + "hint");
  if (words) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  small.className = words ? "bad" : "";
  small.textContent = words || hint(column);
}

function described({label, labels: found, number, numbers, probabilities, quantiles, warnings}) {
  const bars = Object.entries(probabilities || {}).map(([name, share]) => ({name, text: (100 * share).toFixed(1) + " %", share}));
  const texts = Object.entries(numbers || {}).map(([name, value]) => ({name, text: neat(value)}));
  const levels = Object.entries(quantiles || {}).sort(([a], [b]) => a - b);
  const [low, high] = [levels[0], levels[levels.length - 1]].map((level) => (level ? level[1] : 0));
  for (const [level, value] of levels) {
    texts.push({name: percent(level) + " are below", text: neat(value), share: high > low ? (value - low) / (high - low) : 0});
  }
  const text = number !== undefined ? neat(number) : numbers ? "" : found ? found.join(", ") || "none" : String(label);
  const note = quantiles ? percent(levels[levels.length - 1][0] - levels[0][0]) + " between " + neat(low) + " and " + neat(high) : "";
  return {text, note, bars: [...bars, ...texts], warnings};
}

function show({text, note = "", bars = [], warnings = []}) {
  at("answer").textContent = text;
  at("note").textContent = note;
  const few = bars.length > SHOWN && bars[0].share !== undefined ? bars.sort((a, b) => b.share - a.share).slice(0, SHOWN) : bars;
  at("bars").replaceChildren(...few.map(bar));
  at("shares").hidden = !few.length;
  at("warnings").replaceChildren(...warnings.map((sentence) => element("li", {}, sentence)));
}

function bar({name, text, share}) {
  const item = element("li", {}, element("span", {}, name), element("span", {}, text));
  if (share !== undefined) {
    const filled = element("i", {});
    filled.style.width = 100 * share + "%";
    const track = element("span", {className: "track"}, filled);
    track.setAttribute("aria-hidden", "true");
    item.append(track);
  }
  return item;
}

// ---- a whole table ----

/** The records of a text in CSV as RFC 4180 has it, at most so many. */
function parseCsv(text, mark, most = Infinity) {
  const end = mark === "|" ? "\\|" : mark;
  const cell = new RegExp(`(?:"((?:[^"]|"")*)"([^${end}\\r\\n]*)|((?!")[^${end}\\r\\n]*))(${end}|\\r\\n|\\n|\\r|$)`, "y");
  const records = [];
  let record = [];
  while (cell.lastIndex < text.length && records.length < most) {
    const found = cell.exec(text);
    if (!found) throw new Error("a quotation mark is never closed.");
    record.push(found[1] === undefined ? found[3] : found[1].replace(/""/g, '"') + found[2]);
    if (found[4] === mark && cell.lastIndex < text.length) continue;
    if (found[4] === mark) record.push("");
    if (record.length > 1 || record[0].trim()) records.push(record);
    record = [];
  }
  return records;
}

/** The records of a file without rows at its end in which every cell is blank, and the mark that a line "sep=" names. */
function recordsOf(buffer) {
  const text = decoded(buffer);
  if (text.includes("\0")) throw new Error("it is no text. Save the table as CSV.");
  const [first, named] = /^sep=([,;|\t])(?:\r\n|\n|\r)/i.exec(text) || ["", ""];
  const rest = text.slice(first.length);
  const records = parseCsv(rest, named || separatorOf(rest));
  while (records.length > 1 && records[records.length - 1].every((cell) => !cell.trim())) records.pop();
  if (!records.length) throw new Error("it is empty.");
  return records;
}

/** The mark between cells: the one that finds most columns of the model in the first line, or else most cells. */
function separatorOf(text) {
  const names = new Set(columns.map((column) => column.name.trim()));
  const score = (mark) => {
    const [first = []] = parseCsv(text, mark, 1);
    return 1e6 * first.filter((name) => names.has(name.trim())).length + first.length;
  };
  return [",", ";", "\t", "|"].reduce((best, mark) => (score(mark) > score(best) ? mark : best));
}

/** Where each column stands in the records, and whether the first of them has names. */
function places([first]) {
  const heads = first.map((name) => name.trim());
  const byName = columns.map((column) => heads.indexOf(column.name.trim()));
  const missing = columns.filter((column, i) => byName[i] < 0 && !column.unused).map((column) => column.name);
  const twice = columns.find((column, i) => byName[i] >= 0 && heads.indexOf(column.name.trim(), byName[i] + 1) >= 0);
  if (twice) throw new Error("it has two columns " + twice.name + ".");
  if (!missing.length) return {byName, start: 1};
  if (!about.table && missing.length === columns.length) {
    const names = !heads.some((text) => /\d/.test(text) && !/[^\d\s.,;:+'e-]/i.test(text));
    if (heads.length === columns.length) return {byName: columns.map((_, i) => i), start: Number(names)};
    throw new Error(`it has ${heads.length} columns, not ${columns.length}.`);
  }
  const others = missing.length > 5 ? " and " + (missing.length - 5) + " more" : "";
  throw new Error("it has no column " + missing.slice(0, 5).join(", ") + others + ".");
}

function quoted(value) {
  const text = String(value);
  return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
}

/** The name of an output column, with underscores while the file has one of that name. */
function free(name, taken) {
  return taken.some((other) => other.trim().toLowerCase() === name.toLowerCase()) ? free(name + "_", taken) : name;
}

/** The columns of a file of predictions; several labels or numbers have one each, as in the Python files. */
function resultNames() {
  const each = (word, names) => names.map((name) => word + "_" + name);
  if (about.kind === "quantiles") return ["prediction", ...each("quantile", about.levels)];
  const several = about.kind === "labels" || (about.kind === "numbers" && about.names.length > 1);
  const decided = several ? each("prediction", about.names) : ["prediction"];
  return about.kind === "numbers" ? decided : [...decided, ...each("probability", about.names)];
}

function resultCells({label, number, y}) {
  if (about.kind === "numbers") return y;
  if (about.kind === "labels") return [...y.map((share) => Number(share > 0.5)), ...y];
  return [about.kind === "classes" ? label : number, ...y];
}

async function scoreFile(file) {
  at("download").replaceChildren();
  at("progress").hidden = false;
  try {
    const records = recordsOf(await file.arrayBuffer());
    const {byName, start} = places(records);
    if (records.length === start) throw new Error("it has names of columns and no rows.");
    const heads = start ? records[0] : columns.map((column) => column.name);
    const lines = [[...heads, ...[...resultNames(), "warnings"].map((name) => free(name, heads))].map(quoted).join(",")];
    const readers = columns.map((column, j) => column.free && model.fitted(records.slice(start).map((cells) => cells[byName[j]] || ""), column));
    const state = {odd: 0, bad: 0, first: []};
    for (let i = start; i < records.length; i++) {
      const cells = scored(records[i], byName, readers, records[0].length, state);
      lines.push([...heads.map((_, j) => records[i][j] || ""), ...cells].map(quoted).join(","));
      if (state.first.length < 5) state.first.push(cells.map((cell) => (typeof cell === "number" ? neat(cell) : cell)));
      if (i % 500 === 0) {
        at("progress").value = i / records.length;
        await new Promise((done) => setTimeout(done));
      }
    }
    offer(lines, state, file.name);
  } catch (error) {
    at("status").textContent = `${file.name} cannot be scored: ${error.message}`;
  }
  at("progress").hidden = true;
}

function scored(record, byName, readers, width, state) {
  try {
    const isFull = record.length >= width && record.slice(width).every((cell) => !cell.trim());
    if (!isFull) throw new Error(`the row has ${record.length} cells, not ${width}.`);
    const row = byName.map((place, i) => (readers[i] ? model.readCell(record[place], readers[i]) : record[place]));
    const found = model.predict(row);
    if (found.warnings.length) state.odd++;
    return [...resultCells({...found, y: model.outputs(row)}), safe(found.warnings.join(" "))];
  } catch (error) {
    state.bad++;
    return [...resultNames().map(() => ""), safe(error.message)];
  }
}

/** A sentence that no program takes for a formula, whatever name of a column it begins with. */
function safe(sentence) {
  return /^[=+@-]/.test(sentence) ? "Column " + sentence : sentence;
}

function decoded(buffer) {
  const bytes = new Uint8Array(buffer);
  if (bytes[0] + bytes[1] === 509) return new TextDecoder(bytes[0] < 255 ? "utf-16be" : "utf-16le").decode(buffer);
  try {
    return new TextDecoder("utf-8", {fatal: true}).decode(buffer);
  } catch (error) {
    return new TextDecoder("windows-1252").decode(buffer);
  }
}

function offer(lines, {odd, bad, first}, name) {
  const n = lines.length - 1;
  const words = [`${name}: ${n.toLocaleString("en")} row${n === 1 ? "" : "s"} scored.`];
  if (odd) words.push(`${odd.toLocaleString("en")} with warnings.`);
  if (bad) words.push(`${bad.toLocaleString("en")} could not be read and ${bad === 1 ? "has" : "have"} no prediction.`);
  at("status").textContent = words.join(" ");
  const link = element("a", {className: "button", download: "predictions.csv"}, "Download predictions.csv");
  link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], {type: "text/csv"}));
  const row = (cells, tag) => element("tr", {}, ...cells.slice(0, 6).map((cell) => element(tag, {}, String(cell))));
  const head = element("caption", {className: "quiet"}, "The first rows");
  const shown = element("table", {}, head, row([...resultNames(), "warnings"], "th"), ...first.map((cells) => row(cells, "td")));
  at("download").replaceChildren(link, element("div", {className: "scroll"}, shown));
}

// ---- the start ----

function prove() {
  const {failures, rows, wrong, altered, worst} = model.selftestDetails();
  const passed = rows - wrong;
  at("proof").textContent = failures
    ? `Self-test FAILED: ${passed} of ${rows} rows are right${altered ? ", and the model was altered" : ""}. Do not use this page.`
    : `Self-test passed (${passed} of ${rows}, worst error ${worst ? worst.toExponential(0) : 0}).`;
  at("proof").className = failures ? "bad" : "quiet";
}

if (pasted) addPaste();
else columns.forEach((column, i) => addField(column, i));
let next = 0;
at("example").onclick = () => fill(example(model.examples[next++ % model.examples.length]));
at("clear").onclick = () => fill(columns.map(() => ""));
at("form").addEventListener("input", update);
at("form").addEventListener("submit", (event) => event.preventDefault());
at("file").addEventListener("change", () => at("file").files[0] && scoreFile(at("file").files[0]));
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    at("drop").classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files[0]) scoreFile(event.dataTransfer.files[0]);
  });
}
prove();
update();
})