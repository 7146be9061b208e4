"use strict";
// What the reader does: pan and zoom, open and close, find, save; with a mouse, a finger or the keyboard.

function setView(wanted) {
  view = wanted;
  picture.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
}

function fitView() {
  const frame = picture.getBoundingClientRect(), margin = 16;
  const scale = Math.min(frame.width / (size.width + 2 * margin), frame.height / (size.height + 2 * margin), 2) || 1;
  const [width, height] = [frame.width / scale, frame.height / scale];
  setView({ x: (size.width - width) / 2, y: (size.height - height) / 2, width, height });
  fitted = view;
}

// A drawing too tall to be read whole is shown from its top.
function startView() {
  fitView();
  const frame = picture.getBoundingClientRect();
  if (frame.width / view.width >= 0.4) return;
  const width = Math.max(size.width + 32, frame.width), height = width * frame.height / frame.width;
  setView({ x: (size.width - width) / 2, y: -16, width, height });
  fitted = view;
}

function zoom(factor, clientX, clientY) {
  const frame = picture.getBoundingClientRect();
  const [fx, fy] = [(clientX - frame.left) / frame.width, (clientY - frame.top) / frame.height];
  const [width, height] = [view.width * factor, view.height * factor];
  setView({ x: view.x + fx * (view.width - width), y: view.y + fy * (view.height - height), width, height });
}

function zoomMiddle(factor) {
  const frame = picture.getBoundingClientRect();
  zoom(factor, frame.left + frame.width / 2, frame.top + frame.height / 2);
}

// A block opens with the forms that it is made of, and a run of layers with the block at its head.
function openWith(number) {
  open.add(number);
  const { children, run } = items[number];
  children.forEach((child, place) => { if (items[child].along || (run && place === items[number].main)) openWith(child); });
}

// What has no frame of its own is closed with the block around it.
function toggle(number) {
  if (!items[number].children.length) return;
  if (open.has(number)) open.delete(number); else openWith(number);
  linkTo(open.has(number) ? number : items[number].parent);
  hideNote();
  show(false, number);
}

function hideNote() {
  choose(null);
  note.hidden = true;
}

// ---- keeping in view ----------------------------------------------------------------------------------------

// Where a part stands: its frame or its box, or those of what is in it or around it.
function spot(number) {
  const layout = { frames: {}, boxes: {}, ...shownLayout };
  if (layout.frames[number]) return layout.frames[number];
  if (layout.boxes[number]) {
    const [x, y] = layout.boxes[number], { width, height } = items[number];
    return [x - width / 2, y - height / 2, width, height];
  }
  const inside = items[number].children.map(spot).filter(Boolean);
  if (!inside.length) return null;
  const left = Math.min(...inside.map(([x]) => x)), top = Math.min(...inside.map(([, y]) => y));
  const right = Math.max(...inside.map(([x, , width]) => x + width));
  return [left, top, right - left, Math.max(...inside.map(([, y, , height]) => y + height)) - top];
}

function keepInView(number, [x, y, width, height]) {
  const now = spot(number) || spot(items[number].parent);
  if (!now) return;
  const middle = (place, size) => place + size / 2;
  const moved = { ...view, x: view.x + middle(now[0], now[2]) - middle(x, width), y: view.y + now[1] - y };
  setView(moved);
  intoView(now);
}

// Move the view, and widen it where it must be, so that a part is seen whole.
function intoView([x, y, width, height]) {
  const margin = 20, factor = Math.max(1, (width + 2 * margin) / view.width, (height + 2 * margin) / view.height);
  const [wide, high] = [view.width * factor, view.height * factor];
  const within = (start, size, from, length) =>
    Math.min(Math.max(from, start + size + margin - length), start - margin);
  const left = view.x - (wide - view.width) / 2, top = view.y - (high - view.height) / 2;
  setView({ x: within(x, width, left, wide), y: within(y, height, top, high), width: wide, height: high });
}

// ---- the mouse and the finger -------------------------------------------------------------------------------

function keyOf(event) {
  const element = event.target.closest("[data-key]");
  return element ? Number(element.dataset.key) : null;
}

const fingers = new Map();
let drag = null;
picture.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  if (event.button === 0) drag = { x: event.clientX, y: event.clientY, view, moved: false };
});
addEventListener("pointermove", (event) => {
  if (fingers.size === 2 && fingers.has(event.pointerId)) {
    const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1; };
    const before = spread();
    fingers.set(event.pointerId, event);
    const [a, b] = [...fingers.values()];
    zoom(before / spread(), (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
    if (drag) drag.moved = true;
    return;
  }
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  picture.classList.add("dragging");
  const scale = view.width / picture.getBoundingClientRect().width;
  setView({ ...view, x: drag.view.x - dx * scale, y: drag.view.y - dy * scale });
});
const lift = (event) => {
  fingers.delete(event.pointerId);
  picture.classList.remove("dragging");
  if (drag && !drag.moved) drag = null;
  else setTimeout(() => { drag = null; });
};
addEventListener("pointerup", lift);
addEventListener("pointercancel", lift);
picture.addEventListener("click", (event) => {
  const number = keyOf(event);
  if (!drag && number !== null) toggle(number);
});
picture.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 400))), event.clientX, event.clientY);
}, { passive: false });

function choose(number) {
  document.querySelectorAll(".chosen").forEach((element) => element.classList.remove("chosen"));
  if (number === null) return;
  document.querySelectorAll(`[data-key="${number}"]`).forEach((element) => element.classList.add("chosen"));
}

function showNote(event, number) {
  const [head, ...rest] = items[number].note.split("\n");
  const code = items[number].line ? rest.pop() : null;
  note.replaceChildren();
  note.appendChild(document.createElement("b")).textContent = head;
  note.appendChild(document.createTextNode(rest.join("\n")));
  if (code) note.appendChild(document.createElement("code")).textContent = code;
  note.hidden = false;
  const frame = note.getBoundingClientRect();
  note.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - frame.width - 8)) + "px";
  note.style.top = Math.max(4, Math.min(event.clientY + 14, innerHeight - frame.height - 8)) + "px";
}

for (const place of [picture, rows]) {
  place.addEventListener("pointermove", (event) => {
    const number = drag && drag.moved ? null : keyOf(event);
    choose(number);
    if (number === null) note.hidden = true; else showNote(event, number);
  });
  place.addEventListener("pointerleave", () => { choose(null); note.hidden = true; });
}
rows.addEventListener("click", (event) => {
  const number = keyOf(event);
  if (number !== null) toggle(number);
});
document.getElementById("fit").addEventListener("click", fitView);
document.getElementById("closer").addEventListener("click", () => zoomMiddle(0.8));
document.getElementById("farther").addEventListener("click", () => zoomMiddle(1.25));
document.getElementById("open-all").addEventListener("click", () => {
  items.forEach((item, number) => { if (item.children.length) open.add(number); });
  show(true);
});
document.getElementById("close-all").addEventListener("click", () => {
  open.clear();
  open.add(0);
  show(true);
});

// ---- the keyboard -------------------------------------------------------------------------------------------

picture.addEventListener("keydown", (event) => {
  const number = keyOf(event);
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  if (number !== null && (event.key === "Enter" || event.key === " ")) {
    event.preventDefault();
    toggle(number);
  } else if (number !== null && steps[event.key]) {
    event.preventDefault();
    const all = [...picture.querySelectorAll("[tabindex]")].sort((a, b) => a.dataset.key - b.dataset.key);
    const here = all.findIndex((element) => Number(element.dataset.key) === number);
    all[here + steps[event.key]]?.focus();
  }
});
picture.addEventListener("focusin", (event) => {
  const number = keyOf(event), place = number === null ? null : spot(number);
  if (place && !drag) intoView(place);
});
addEventListener("keydown", (event) => {
  if (event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey) return;
  const keys = { "/": () => query.focus(), "+": () => zoomMiddle(0.8), "-": () => zoomMiddle(1.25), "0": fitView };
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

// Scroll the table to a part, where the table stands beside the drawing and not below it.
function toRow(number) {
  if (matchMedia("(min-width: 761px)").matches) rows.querySelector(`[data-key="${number}"]`)?.scrollIntoView({ block: "nearest" });
}

// ---- links to a block, costs ---------------------------------------------------------------------------------

// The address of the page names the block that was opened last: #body.layer2
function linkTo(number) {
  history.replaceState(null, "", "#" + encodeURIComponent(items[number].path));
}

// Open what an address names, and all around it; true where there is such a part.
async function goToLink(fit) {
  const path = decodeURIComponent(location.hash.slice(1));
  const number = path ? items.findIndex((item) => item.path === path && !item.run) : -1;
  if (number <= 0) return false;
  for (let around = items[number].parent; around >= 0; around = items[around].parent) open.add(around);
  openWith(number);
  await show(fit);
  const place = spot(number);
  if (place) intoView(place);
  choose(number);
  toRow(number);
  return true;
}

addEventListener("hashchange", () => goToLink(false));

const colour = document.getElementById("colour");
colour.value = colourBy;
colour.addEventListener("change", () => {
  colourBy = colour.value;
  show(false);
});

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    sortBy = sortBy === button.dataset.sort ? "" : button.dataset.sort;
    document.querySelectorAll("[data-sort]").forEach((other) => {
      const heading = other.closest("th");
      if (other.dataset.sort === sortBy) heading.setAttribute("aria-sort", "descending");
      else heading.removeAttribute("aria-sort");
    });
    drawTable();
  });
}

// ---- finding ------------------------------------------------------------------------------------------------

const query = document.getElementById("query"), found = document.getElementById("found");
let hit = -1;

function search() {
  const words = query.value.trim().toLowerCase();
  hits.clear();
  hit = -1;
  items.forEach((item, number) => {
    if (words && number > 0 && (item.title + " " + item.path).toLowerCase().includes(words)) hits.add(number);
  });
  found.textContent = words ? `${hits.size} found` : "";
  drawTable();
}

// The next of what was found: what is around it is opened, and it comes into view.
async function goToHit(step) {
  if (!hits.size) return;
  const all = [...hits];
  hit = (hit + step + all.length) % all.length;
  const number = all[hit];
  for (let around = items[number].parent; around >= 0; around = items[around].parent) open.add(around);
  await show(false);
  const place = spot(number);
  if (place) intoView(place);
  found.textContent = `${hit + 1} of ${all.length}`;
  choose(number);
  toRow(number);
}

query.addEventListener("input", search);
query.addEventListener("keydown", (event) => {
  if (event.key === "Enter") goToHit(event.shiftKey ? -1 : 1);
  if (event.key === "Escape") { query.value = ""; search(); query.blur(); choose(null); }
});
document.getElementById("search").addEventListener("submit", (event) => event.preventDefault());

// ---- saving -------------------------------------------------------------------------------------------------

// The drawing as it stands, whole, as a file of its own.
function savedSvg() {
  const copy = picture.cloneNode(true), margin = 14;
  for (const name of ["id", "role", "class"]) copy.removeAttribute(name);
  copy.querySelectorAll("[tabindex]").forEach((element) =>
    ["tabindex", "role", "aria-expanded", "aria-label"].forEach((name) => element.removeAttribute(name)));
  const [width, height] = [size.width + 2 * margin, size.height + 2 * margin];
  copy.setAttribute("viewBox", [-margin, -margin, width, height].join(" "));
  copy.setAttribute("width", width + "pt");
  copy.setAttribute("height", height + "pt");
  copy.setAttribute("font-family", getComputedStyle(document.body).fontFamily);
  const ground = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const sides = { x: -margin, y: -margin, width, height, fill: data.colors.background };
  for (const [key, value] of Object.entries(sides)) ground.setAttribute(key, value);
  copy.insertBefore(ground, copy.firstChild);
  return new XMLSerializer().serializeToString(copy);
}

document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([savedSvg()], { type: "image/svg+xml" }));
  link.download = document.title.replace(/\W+/g, "_") + ".svg";
  link.click();
  URL.revokeObjectURL(link.href);
});

addEventListener("resize", fitView);
if (data) goToLink(true).then((there) => there || show(true));
