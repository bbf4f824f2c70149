// The loss as a tone, for who cannot see the curve: lower is better. Off until it is asked for.

import { newestLoss } from "./store.js";

let context = null;
let tone = null;

/** Switch the tone on or off; returns whether it is on. */
export function toggleSound(store) {
  if (tone) {
    tone.stop();
    tone = null;
    return false;
  }
  context ??= new AudioContext();
  const volume = new GainNode(context, { gain: 0 });
  const own = (tone = new OscillatorNode(context, { type: "sine", frequency: 220 }));
  own.connect(volume).connect(context.destination);
  own.start();
  const listen = store.on("frame", (frame) => {
    const loss = newestLoss(frame);
    if (loss === null || !store.state.running || own !== tone) return;
    const now = context.currentTime;
    own.frequency.setTargetAtTime(pitch(loss), now, 0.05);
    volume.gain.setTargetAtTime(0.08, now, 0.02);
    volume.gain.setTargetAtTime(0, now + 0.2, 0.05);
  });
  own.onended = listen;
  return true;
}

/** Hertz of a loss: an octave for each factor of ten, 440 at a loss of 1, within what is heard well. */
export function pitch(loss) {
  return Math.min(1760, Math.max(80, 440 * 2 ** Math.log10(Math.max(loss, 1e-9)))) || 1760;
}
