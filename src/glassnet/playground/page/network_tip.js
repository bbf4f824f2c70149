// The words beside the neuron or the line under the pointer.

import { el, say } from "./dom.js";

const AWAY = 6; // pixels from the neuron

/** A tip within a stage; it never sticks out of what is seen of it, for that would make scrollbars come and go. */
export class Tip {
  constructor() {
    this.element = el("div", { class: "tip", hidden: true });
  }

  get words() {
    return this.element.textContent;
  }

  hide() {
    this.element.hidden = true;
  }

  /** Show words below or above a neuron of some size at a point of the stage. */
  show(words, [x, y], size) {
    const { element } = this;
    const [left, top, right, bottom] = this.#room();
    element.hidden = false;
    say(element, words);
    const [wide, high] = [element.offsetWidth, element.offsetHeight];
    const [above, below] = [y - size / 2 - high, y + size / 2];
    const across = Math.max(Math.min(x + size / 2 + AWAY, right - wide), left);
    element.style.setProperty("left", `${across}px`);
    element.style.setProperty("top", `${below + high <= bottom ? below : Math.max(above, top)}px`);
  }

  /** What is seen of the stage, in its own pixels. */
  #room() {
    const stage = this.element.parentElement;
    const scroll = stage.parentElement;
    const [left, top] = [scroll.scrollLeft, scroll.scrollTop];
    return [left, top, Math.min(left + scroll.clientWidth, stage.clientWidth), Math.min(top + scroll.clientHeight, stage.clientHeight)];
  }
}
