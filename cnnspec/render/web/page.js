"use strict";
// The page holds the tree of blocks, the links between its leaves, a drawing of every box, and Graphviz. What is
// open decides which boxes stand for which leaves; layout.js has Graphviz place them; this file draws the result.

const data = JSON.parse(document.getElementById("data").textContent);
const items = data.items;
const picture = document.getElementById("picture");
const note = document.getElementById("note");
const rows = document.getElementById("rows");
const open = new Set(data.open);
const rising = new Set(data.rising);
let view = { x: 0, y: 0, width: 1, height: 1 };
let size = { width: 1, height: 1 };

items.forEach((item, number) => { item.number = number; item.children = []; });
items.forEach((item) => { if (item.parent >= 0) items[item.parent].children.push(item.number); });
const layouts = new Map([[openKey(), data.layout]]);

// The boxes that are shown, as a key for the layouts that are known.
function openKey() {
  return visible().boxes.join(" ");
}

// The boxes that are shown, in the order of the spec, and for each leaf the box that stands for it.
function visible() {
  const boxes = [], owner = new Map();
  const visit = (number, shownBy) => {
    const item = items[number];
    if (shownBy === null && !(open.has(number) && item.children.length)) {
      boxes.push(number);
      shownBy = number;
    }
    if (!item.children.length) owner.set(number, shownBy);
    for (const child of item.children) visit(child, shownBy);
  };
  visit(0, null);
  return { boxes, owner };
}

// The links between shown boxes, each once; one is a skip connection only where all that it stands for are.
function shownLinks(owner) {
  const found = new Map();
  for (const link of data.links) {
    const source = owner.get(link.source), target = owner.get(link.target);
    if (source === target) continue;
    const key = source + "-" + target, known = found.get(key);
    if (known) {
      known.skip = known.skip && link.skip;
      known.training = known.training && link.training;
    } else {
      found.set(key, { source, target, skip: link.skip, training: link.training });
    }
  }
  return found;
}

// ---- drawing ------------------------------------------------------------------------------------------------

function make(name, attributes, parent, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.appendChild(element);
  return element;
}

function drawFrame(number, [x, y, width, height], parent) {
  const item = items[number], [name, ...rest] = item.frame.split(" · ");
  const group = make("g", { "data-key": number, class: "frame can" }, parent);
  make("rect", {
    x, y, width, height, rx: 6, fill: data.colors.frame, stroke: data.colors.frameLine,
    "stroke-dasharray": item.training ? "5 3" : "none",
  }, group);
  make("text", { x: x + 8, y: y + 15, "font-size": 11, "font-weight": "bold", fill: data.colors.text }, group, name);
  const figures = { x: x + width - 8, y: y + 15, "font-size": data.detailSize, "text-anchor": "end", fill: data.colors.muted };
  const words = make("text", figures, group, rest.join(" · "));
  if (words.getComputedTextLength() > width / 2 - 14) words.remove();
}

function drawEdge(link, route, parent) {
  const color = link.skip ? data.colors.skip : data.colors.edge;
  const { points, tip } = route, end = points[points.length - 1];
  const [dx, dy] = [tip[0] - end[0], tip[1] - end[1]], length = Math.hypot(dx, dy) || 1;
  const [ux, uy] = [dx / length, dy / length], base = [tip[0] - 6 * ux, tip[1] - 6 * uy];
  const group = make("g", { class: "edge" }, parent);
  make("path", {
    d: "M" + points[0] + " C" + points.slice(1).join(" ") + " L" + [(end[0] + tip[0]) / 2, (end[1] + tip[1]) / 2],
    fill: "none", stroke: color, "stroke-width": link.skip ? 1.4 : 1.1,
    "stroke-dasharray": link.training ? "4 3" : "none",
  }, group);
  const corners = [tip, [base[0] - 2.5 * uy, base[1] + 2.5 * ux], [base[0] + 2.5 * uy, base[1] - 2.5 * ux]];
  make("polygon", { points: corners.join(" "), fill: color }, group);
}

function drawBox(number, [x, y], parent) {
  const item = items[number];
  const group = make("g", { transform: `translate(${x} ${y})`, "data-key": number, class: "box" }, parent);
  group.innerHTML = item.box;
  if (item.children.length) group.classList.add("can");
}

function draw(layout, links) {
  picture.replaceChildren();
  size = layout;
  Object.keys(layout.frames).map(Number).sort((a, b) => a - b)
    .forEach((number) => drawFrame(number, layout.frames[number], picture));
  for (const [key, link] of links) if (layout.routes[key]) drawEdge(link, layout.routes[key], picture);
  for (const number of Object.keys(layout.boxes)) drawBox(number, layout.boxes[number], picture);
}

function drawTable() {
  const lines = [];
  const visit = (number, depth) => {
    const item = items[number], can = item.children.length > 0;
    if (number > 0) {
      const row = document.createElement("tr");
      row.dataset.key = number;
      row.className = (can ? "can " : "") + (item.training ? "training" : "");
      const mark = can ? (open.has(number) ? "▾ " : "▸ ") : "";
      for (const cell of [mark + item.title, item.output, item.params, item.macs, item.field]) {
        row.appendChild(document.createElement("td")).textContent = cell;
      }
      row.firstChild.style.paddingLeft = 10 + 14 * depth + "px";
      row.firstChild.title = item.path;
      lines.push(row);
    }
    if (number === 0 || open.has(number)) item.children.forEach((child) => visit(child, depth + (number > 0)));
  };
  visit(0, 0);
  rows.replaceChildren(...lines);
}

let turn = 0;
async function show(fit) {
  const mine = ++turn, key = openKey();
  const shown = visible(), links = shownLinks(shown.owner);
  drawTable();
  if (!layouts.has(key)) layouts.set(key, await layOut(dotSource(shown, links)));
  if (mine !== turn) return;
  draw(layouts.get(key), links);
  if (fit) startView(); else setView(view);
  document.body.dataset.shown = key;
}

// ---- pan, zoom, click, hover --------------------------------------------------------------------------------

function setView(wanted) {
  view = wanted;
  picture.setAttribute("viewBox", [view.x, view.y, view.width, view.height].join(" "));
}

function fitView() {
  const frame = picture.getBoundingClientRect(), margin = 16;
  const scale = Math.min(frame.width / (size.width + 2 * margin), frame.height / (size.height + 2 * margin), 2) || 1;
  const [width, height] = [frame.width / scale, frame.height / scale];
  setView({ x: (size.width - width) / 2, y: (size.height - height) / 2, width, height });
}

// A drawing too tall to be read whole is shown from its top.
function startView() {
  fitView();
  const frame = picture.getBoundingClientRect();
  if (frame.width / view.width >= 0.4) return;
  const width = Math.max(size.width + 32, frame.width), height = width * frame.height / frame.width;
  setView({ x: (size.width - width) / 2, y: -16, width, height });
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
  children.forEach((child, place) => { if (items[child].along || (run && place === 0)) openWith(child); });
}

// What has no frame of its own is closed with the block around it.
function toggle(number) {
  if (!items[number].children.length) return;
  if (open.has(number)) open.delete(number); else openWith(number);
  show(false);
}

function keyOf(event) {
  const element = event.target.closest("[data-key]");
  return element ? Number(element.dataset.key) : null;
}

let drag = null;
picture.addEventListener("pointerdown", (event) => {
  if (event.button === 0) drag = { x: event.clientX, y: event.clientY, view, moved: false };
});
addEventListener("pointermove", (event) => {
  if (!drag) return;
  const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
  if (!drag.moved && Math.hypot(dx, dy) < 4) return;
  drag.moved = true;
  picture.classList.add("dragging");
  const scale = view.width / picture.getBoundingClientRect().width;
  setView({ ...view, x: drag.view.x - dx * scale, y: drag.view.y - dy * scale });
});
addEventListener("pointerup", () => {
  picture.classList.remove("dragging");
  if (drag && !drag.moved) drag = null;
  else setTimeout(() => { drag = null; });
});
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
addEventListener("resize", fitView);
show(true);
