// The engine behind a server: commands up as JSON, states and frames down, over one WebSocket that comes back by itself.

import { decode } from "./frames.js";
import { text } from "./texts.js";

const VERSION = 1;
const TRIES = [250, 500, 1000]; // milliseconds between tries to come back, before a person is asked
const SPACING = 40; // milliseconds between two values of one slider
const NEWEST_WINS = new Set(["set", "go_to", "view", "probe", "set_weight", "axes"]);

/** Connect to the server that this page came from. */
export function connect(address = new URL("./socket", location.href)) {
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  address.search = address.hash = "";
  return new SocketEngine(address);
}

class SocketEngine {
  capabilities = new Set();
  #socket = null;
  #listeners = { state: [], frame: [], notice: [], findings: [], gone: [] };
  #waiting = new Map(); // id -> [resolve, reject]
  #sliders = new Map(); // command and path -> what is to be sent next
  #number = 0;
  #frames = 0;
  #place = {}; // run and step to come back to
  #tries = 0;

  constructor(address) {
    this.address = address;
    addEventListener("pagehide", () => this.#socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.retry());
    this.#open();
  }

  onState(listener) { this.#listeners.state.push(listener); }
  onFrame(listener) { this.#listeners.frame.push(listener); }
  onNotice(listener) { this.#listeners.notice.push(listener); }
  onFindings(listener) { this.#listeners.findings.push(listener); }
  /** Called with a sentence when the server is gone, with null when it is back. */
  onGone(listener) { this.#listeners.gone.push(listener); }

  /** Run a command: a promise of its result, refused with the sentence of the library. */
  send(command, args = {}) {
    if (!NEWEST_WINS.has(command)) return this.#send(command, args);
    return this.#slide(`${command} ${args.path ?? args.parameter ?? ""} ${args.index ?? ""}`, command, args);
  }

  /** Say that the newest frame is on the screen: only then comes the next. */
  painted() {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ do: "ack", frame: this.#frames }));
  }

  /** Send a file; returns its id. */
  async upload(file) {
    let answer;
    try {
      answer = await fetch(new URL("./upload", location.href), { method: "POST", body: file });
    } catch {
      throw new Error(text("app.upload.failed"));
    }
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok || !found.upload) throw new Error(found.error ?? text("app.upload.failed"));
    return found.upload;
  }

  /** Try again to reach the server. */
  retry() {
    this.#tries = 0;
    if (this.#socket === null) this.#open();
  }

  #emit(kind, value) {
    for (const listener of this.#listeners[kind]) listener(value);
  }

  #send(command, args) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error(text("app.gone")));
    const id = (this.#number += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, [resolve, reject]);
      this.#socket.send(JSON.stringify({ id, do: command, ...args }));
    });
  }

  /** Of many values of one slider only the newest is sent, once the one before it is answered. */
  #slide(key, command, args) {
    return new Promise((resolve, reject) => {
      const slider = this.#sliders.get(key);
      if (slider) {
        slider.args = args;
        slider.asked.push([resolve, reject]);
      } else {
        this.#sliders.set(key, { args, asked: [[resolve, reject]] });
        this.#flush(key, command);
      }
    });
  }

  async #flush(key, command) {
    const slider = this.#sliders.get(key);
    const asked = slider.asked.splice(0);
    const pause = new Promise((resolve) => setTimeout(resolve, SPACING));
    try {
      const result = await this.#send(command, slider.args);
      asked.forEach(([resolve]) => resolve(result));
    } catch (error) {
      asked.forEach(([, reject]) => reject(error));
    }
    await pause;
    if (slider.asked.length) this.#flush(key, command);
    else this.#sliders.delete(key);
  }

  #open() {
    const socket = new WebSocket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.#hear(JSON.parse(data)) : this.#see(data));
    socket.onclose = ({ code, reason }) => this.#lost(code, reason);
    this.#socket = socket;
  }

  async #greet(socket) {
    try {
      const { version, state } = await this.#send("hello", { version: VERSION, ...this.#place });
      if (version !== VERSION) throw new Error(text("app.version"));
      this.#tries = 0;
      this.#emit("gone", null);
      this.#learn(state);
    } catch (error) {
      this.#emit("gone", error.message);
      socket.close();
    }
  }

  #hear(message) {
    const answered = this.#waiting.get(message.id);
    if (answered) {
      this.#waiting.delete(message.id);
      if (message.error === undefined) answered[0](message.result);
      else answered[1](new Error(message.error));
    } else if (message.event === "state") this.#learn(message.state);
    else if (message.event === "notice") this.#emit("notice", message.text);
    else if (message.event === "findings") this.#emit("findings", message.findings);
  }

  #see(data) {
    this.#frames += 1;
    const frame = decode(data);
    if (!frame) return this.painted();
    this.#place.step = frame.step;
    return this.#emit("frame", frame);
  }

  #learn(state) {
    if (!state) return;
    this.capabilities = new Set(state.capabilities);
    this.#place = { run: state.run, step: state.step };
    this.#emit("state", state);
  }

  #lost(code, reason) {
    this.#socket = null;
    const gone = new Error(text("app.gone"));
    for (const [, reject] of this.#waiting.values()) reject(gone);
    this.#waiting.clear();
    const wait = TRIES[this.#tries];
    this.#tries += 1;
    const said = code === 1008 || code === 1013 || code === 4000 ? reason : ""; // refused, with a sentence
    if (said || wait === undefined) this.#why().then((why) => this.#emit("gone", said || why));
    else setTimeout(() => this.#socket ?? this.#open(), wait);
  }

  /** Why there is no socket: a server that refuses this page says so to a request, which a refused socket cannot. */
  async #why() {
    const answer = await fetch(new URL("./texts.json", location.href), { cache: "no-store" }).catch(() => null);
    const { error } = answer?.status === 403 ? await answer.json().catch(() => ({})) : {};
    return error ?? text("app.gone");
  }
}
