// A mark at the lower edge of a panel, and at the right edge of a wide drawing, where there is more to scroll to.

const ROUNDED = 4; // pixels that nobody misses

/** Keep the marks of all panels, and of what scrolls sideways in them. */
export function mountCutHints() {
  const look = (box) => {
    box.classList.toggle("cut", box.scrollHeight - box.scrollTop - box.clientHeight > ROUNDED);
    box.classList.toggle("wider", box.scrollWidth - Math.abs(box.scrollLeft) - box.clientWidth > ROUNDED);
  };
  for (const panel of document.querySelectorAll(".panel")) {
    const body = panel.querySelector(".body");
    const boxes = [panel, ...(body?.querySelectorAll(":scope > .scroll") ?? [])];
    const lookAll = () => boxes.forEach(look);
    const sizes = new ResizeObserver(lookAll);
    for (const box of boxes.flatMap((box) => [box, ...box.children])) sizes.observe(box);
    for (const box of boxes) box.addEventListener("scroll", () => look(box), { passive: true });
  }
}
