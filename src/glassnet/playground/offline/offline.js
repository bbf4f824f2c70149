/** A page that is one file: hands the engine and the texts to main.js, and then the lesson to its panel. */

import { mountLesson } from "./lesson.js";
import { LocalEngine } from "./local_engine.js";

const given = JSON.parse(document.getElementById("glassnet").textContent);
globalThis.glassnet = { engine: () => new LocalEngine(given), texts: given.texts };
queueMicrotask(async () => mountLesson(await globalThis.playground, given));
