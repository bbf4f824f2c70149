/** A page within a notebook's widget: what a socket would carry goes through a port to the widget, and from it to Python. */

import { connect } from "../page/socket_engine.js";

/** A port as `WebSocket` is: text up, text and bytes down. */
class PortSocket {
  static OPEN = 1;

  readyState = 0;

  constructor() {
    addEventListener("message", ({ data, ports }) => data === "glassnet" && this.#open(ports[0]), { once: true });
    parent.postMessage("glassnet", "*");
  }

  #open(port) {
    this.port = port;
    this.readyState = PortSocket.OPEN;
    port.onmessage = (event) => this.onmessage(event);
    this.onopen();
  }

  send(text) { this.port.postMessage(text); }

  close() { this.readyState = 3; }
}

globalThis.WebSocket = PortSocket;
const given = JSON.parse(document.getElementById("glassnet").textContent);
globalThis.glassnet = { engine: () => connect(new URL("ws://kernel/socket")), texts: given.texts };
