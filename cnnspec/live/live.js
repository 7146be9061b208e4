"use strict";
// The page follows the text: it is drawn anew when the net changes, marks what the cursor is at, and tells which
// line belongs to a block that is clicked. What is open, and where the view stands, outlives a change.

const drawn = typeof items !== "undefined";
const kept = sessionStorage.getItem("cnnspec");
if (drawn && kept) {
  const { opened, closed, seen } = JSON.parse(kept);
  items.forEach((item, number) => {
    if (opened.includes(item.path)) open.add(number);
    if (closed.includes(item.path)) open.delete(number);
  });
  open.add(0);
  show(false).then(() => setView(seen));
}

function keep() {
  if (!drawn) return;
  const inner = items.filter((item) => item.children.length);
  const paths = (isOpen) => inner.filter((item) => open.has(item.number) === isOpen).map((item) => item.path);
  sessionStorage.setItem("cnnspec", JSON.stringify({ opened: paths(true), closed: paths(false), seen: view }));
}

// The boxes of a line, and where these are folded away, the box that shows them.
function mark(line) {
  document.querySelectorAll(".pointed").forEach((element) => element.classList.remove("pointed"));
  const { boxes } = visible(), shown = new Set(boxes);
  for (const item of items.filter((item) => item.line === line)) {
    let number = item.number;
    while (number > 0 && !shown.has(number) && !picture.querySelector(`.frame[data-key="${number}"]`)) number = items[number].parent;
    picture.querySelectorAll(`[data-key="${number}"]`).forEach((element) => element.classList.add("pointed"));
  }
}

const style = document.head.appendChild(document.createElement("style"));
style.textContent = ".pointed rect, .pointed path, .pointed circle { stroke: var(--focus, #c2410c); stroke-width: 2.5px; }";

const events = new EventSource("events");
events.addEventListener("changed", () => { keep(); location.reload(); });
events.addEventListener("line", (event) => { if (drawn) mark(Number(event.data)); });
events.addEventListener("closed", () => events.close());

document.addEventListener("click", (event) => {
  const element = drawn && event.target.closest("[data-key]");
  const line = element && items[Number(element.dataset.key)].line;
  if (line) fetch("show", { method: "POST", body: String(line) });
});
