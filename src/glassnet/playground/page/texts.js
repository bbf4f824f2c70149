// The words of the page, one flat table; to translate, copy texts.json to texts.xx.json, translate the values (keys and
// {names} stay), and open the page with ?lang=xx. A key that a translation lacks is shown in English.

let table = {};

/** Load the table, and that of the language of the address; `given` is the table of a page that is one file. */
export async function loadTexts(given) {
  table = given ?? (await read("./texts.json"));
  const language = new URLSearchParams(location.search).get("lang");
  if (given || !/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/.test(language ?? "") || language === "en") return;
  table = { ...table, ...(await read(`./texts.${language}.json`)) };
  document.documentElement.lang = language;
}

async function read(name) {
  const answer = await fetch(new URL(name, import.meta.url));
  return answer.ok ? answer.json() : {};
}

/** Return the text of a key with `{name}`s filled in; a key without text is shown as it is. */
export function text(key, values = {}) {
  const found = table[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** Fill what the HTML names: `data-text` with a text, `data-label` with an accessible name. */
export function fillTexts(root) {
  for (const found of root.querySelectorAll("[data-text]")) found.textContent = text(found.dataset.text);
  for (const found of root.querySelectorAll("[data-label]")) found.setAttribute("aria-label", text(found.dataset.label));
}
