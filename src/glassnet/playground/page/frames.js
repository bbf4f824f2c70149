// Frames as bytes: sections with a header of 16 bytes each, see decode(). Nothing is copied where it need not be.

const HEADER = 16;
const ARRAYS = { 1: Float32Array, 2: Uint8Array, 3: Float64Array };
const LISTS = { 1: "edges", 3: "activations" }; // one section for each block, or column
const WHOLE = { 2: "biases", 6: "losses", 7: "epochs", 8: "strips", 9: "predictions" };

/** Return a frame as an object, or null for bytes that are none:
 *  `{revision, step, edges: [block], biases, activations: [column], plane, pictures: [unit], losses, epochs, strips, predictions}`,
 *  where what did not come is left out. `losses` are pairs (step, loss) in a row, `epochs` step, loss, and loss and score
 *  of the rows held out. */
export function decode(buffer) {
  const view = new DataView(buffer);
  let frame = null;
  for (let at = 0; at + HEADER <= buffer.byteLength; ) {
    const [kind, version, type] = [view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2)];
    const size = view.getUint32(at + 12, true);
    if (version !== 1 || !ARRAYS[type] || at + HEADER + size > buffer.byteLength) return null;
    frame ??= { step: view.getUint32(at + 4, true), revision: view.getUint32(at + 8, true) };
    put(frame, kind, new ARRAYS[type](buffer, at + HEADER, size / ARRAYS[type].BYTES_PER_ELEMENT), view, at + HEADER);
    at += HEADER + 8 * Math.ceil(size / 8);
  }
  return frame;
}

function put(frame, kind, array, view, at) {
  if (LISTS[kind]) (frame[LISTS[kind]] ??= []).push(array);
  else if (WHOLE[kind]) frame[WHOLE[kind]] = array;
  else if (kind === 4) {
    const [width, channels] = [view.getUint32(at + 8, true), view.getUint32(at + 12, true)];
    frame.plane = { lo: view.getFloat32(at, true), hi: view.getFloat32(at + 4, true), width, channels, isBestOnly: view.getUint8(at - HEADER + 3) === 1, data: array.subarray(16) };
  } else if (kind === 5) frame.pictures = parts(array.subarray(4), view.getUint32(at, true) ** 2);
}

/** Cut an array into parts of a length, which are views. */
function parts(array, length) {
  return Array.from({ length: array.length / length }, (_, k) => array.subarray(k * length, (k + 1) * length));
}
