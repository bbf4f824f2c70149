/** The front end of the widget, in the form of anywidget: a frame with the page, and the way between it and Python. */

export default {
  render({ model, el }) {
    const frame = document.createElement("iframe");
    frame.setAttribute("sandbox", "allow-scripts");
    frame.title = "glassnet playground";
    Object.assign(frame.style, { width: "100%", height: `${model.get("height")}px`, border: "0" });
    let port = null;
    const welcome = ({ source, data }) => {
      if (source !== frame.contentWindow || data !== "glassnet") return;
      const channel = new MessageChannel();
      port = channel.port1;
      port.onmessage = (event) => model.send({ text: event.data });
      frame.contentWindow.postMessage("glassnet", "*", [channel.port2]);
    };
    const hear = ({ text }, buffers) => {
      if (text !== undefined) return port?.postMessage(text);
      const { buffer, byteOffset, byteLength } = buffers[0];
      port?.postMessage(buffer ? buffer.slice(byteOffset, byteOffset + byteLength) : buffers[0]);
    };
    addEventListener("message", welcome);
    model.on("msg:custom", hear);
    frame.srcdoc = model.get("page");
    el.append(frame);
    return () => {
      removeEventListener("message", welcome);
      model.off("msg:custom", hear);
    };
  },
};
