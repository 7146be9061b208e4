"use strict";
// The page holds the tree of blocks, the links between its leaves, a drawing of every box, and Graphviz. What is
// open decides which boxes stand for which leaves; layout.js has Graphviz place them; this file draws the result.

const picture = document.getElementById("picture");
const note = document.getElementById("note");
const rows = document.getElementById("rows");
const hits = new Set();
let data = null, items = [], open = new Set(), rising = new Set(), layouts = new Map();
let colourBy = "", sortBy = "";
let view = { x: 0, y: 0, width: 1, height: 1 };
// The view as the drawing was first shown or fitted, until the reader moves it.
let fitted = null;
let size = { width: 1, height: 1 };

// Have this net: that of the page, or one in its place.
function take(net) {
  hits.clear();
  hold(net);
}

function hold(net) {
  data = net;
  open = new Set(net.open);
  items = net.items;
  rising = new Set(net.rising);
  items.forEach((item, number) => { item.number = number; item.children = []; });
  items.forEach((item) => { if (item.parent >= 0) items[item.parent].children.push(item.number); });
  layouts = new Map(net.layout ? [[openKey(), net.layout]] : []);
}

const given = JSON.parse(document.getElementById("data").textContent);
if (given) {
  take(given);
  colourBy = data.colourBy;
}

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
      known.words = "";
    } else {
      found.set(key, { source, target, skip: link.skip, training: link.training, words: link.words });
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
  const item = items[number];
  const group = make("g", { "data-key": number, class: "frame can", ...says(number) }, parent);
  make("rect", {
    x, y, width, height, rx: 6, fill: data.colors.frame, stroke: data.colors.frameLine,
    "stroke-dasharray": item.training ? "5 3" : "none",
  }, group);
}

// The titles and the figures of frames, on ground of their own, so that no edge strikes them. All are written before
// one is measured: a browser lays the whole page out anew for a length that is asked for after something is written.
function drawFrameWords(frames, parent) {
  const written = Object.entries(frames).map(([number, [x, y, width]]) => {
    const [name, ...rest] = items[number].frame.split(" · ");
    const group = make("g", { "data-key": number, class: "can" }, parent);
    const write = (left, text, attributes) => make("text", { x: left, y: y + 15, ...attributes }, group, text);
    const title = write(x + 8, name, { "font-size": 11, "font-weight": "bold", fill: data.colors.text });
    const figures = write(x + width - 8, rest.join(" · "), { "font-size": data.detailSize, "text-anchor": "end", fill: data.colors.muted });
    return { title, figures, x, y, width };
  });
  const lengths = written.map(({ title, figures }) => [title, figures].map((words) => words.getComputedTextLength()));
  written.forEach(({ title, figures, x, y, width }, place) => {
    const [room, length] = lengths[place];
    const ground = (words, start, wide) =>
      words.before(make("rect", { x: start - 2, y: y + 4, width: wide + 4, height: 15, fill: data.colors.frame }, words.parentNode));
    ground(title, x + 8, room);
    if (room + length > width - 28) figures.remove(); else ground(figures, x + width - 8 - length, length);
  });
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
  if (link.words && route.label) {
    const [x, y] = route.label;
    make("text", { x, y: y + 3, "font-size": data.detailSize, "text-anchor": "middle", fill: data.colors.muted }, group, link.words);
  }
}

// What a screen reader says of a box or a frame, and how the keyboard gets to it.
function says(number) {
  const item = items[number], can = item.children.length > 0;
  const label = [item.title, item.output, item.params && item.params + " params"].filter(Boolean).join(", ");
  return {
    tabindex: 0, role: can ? "button" : "img", "aria-label": label, ...(can ? { "aria-expanded": open.has(number) } : {}),
  };
}

// The boxes by a figure, from nothing to the largest of those that are shown; with ink that can be read on it.
function heatBox(group, number, largest) {
  const outline = group.querySelector(":scope > rect");
  if (!colourBy || !outline) return;
  const { fill, ink } = data.heat[Math.round(items[number].figures[colourBy] / (largest || 1) * (data.heat.length - 1))];
  outline.setAttribute("fill", fill);
  group.querySelectorAll(":scope > text").forEach((text) => text.setAttribute("fill", ink));
}

function drawScale(numbers, largest) {
  const scale = document.getElementById("scale"), legend = document.querySelector("footer svg");
  scale.hidden = !colourBy;
  legend.style.display = colourBy ? "none" : "";
  if (!colourBy) return;
  const top = numbers.find((number) => items[number].figures[colourBy] === largest);
  const bar = document.createElement("span");
  bar.style.background = `linear-gradient(to right, ${data.heat.map(({ fill }) => fill).join(",")})`;
  scale.replaceChildren(data.measures[colourBy] + ": 0 ", bar, " " + (top === undefined ? "0" : items[top].said[colourBy]));
}

function drawBox(number, [x, y], parent, largest) {
  const item = items[number];
  const place = { transform: `translate(${x} ${y})`, "data-key": number, class: "box" };
  const group = make("g", { ...place, ...says(number) }, parent);
  group.innerHTML = item.box;
  heatBox(group, number, largest);
  if (item.children.length) group.classList.add("can");
}

let shownLayout = null;
function draw(layout, links) {
  picture.replaceChildren();
  size = shownLayout = layout;
  Object.keys(layout.frames).map(Number).sort((a, b) => a - b)
    .forEach((number) => drawFrame(number, layout.frames[number], picture));
  for (const [key, link] of links) if (layout.routes[key]) drawEdge(link, layout.routes[key], picture);
  drawFrameWords(layout.frames, picture);
  const numbers = Object.keys(layout.boxes);
  const largest = colourBy ? Math.max(0, ...numbers.map((number) => items[number].figures[colourBy])) : 0;
  for (const number of numbers) drawBox(number, layout.boxes[number], picture, largest);
  drawScale(numbers, largest);
}

// The parts of a block as in the spec, or the costliest first.
function sorted(children) {
  if (!sortBy) return children;
  return [...children].sort((a, b) => items[b].figures[sortBy] - items[a].figures[sortBy]);
}

function drawTable() {
  const lines = [];
  const visit = (number, depth) => {
    const item = items[number], can = item.children.length > 0;
    if (number > 0) {
      const row = document.createElement("tr");
      row.dataset.key = number;
      row.className = (can ? "can " : "") + (item.training ? "training " : "") + (hits.has(number) ? "hit" : "");
      for (const cell of ["", item.output, item.params, item.macs, item.field]) {
        row.appendChild(document.createElement("td")).textContent = cell;
      }
      const name = row.firstChild.appendChild(document.createElement(can ? "button" : "span"));
      name.textContent = (can ? (open.has(number) ? "▾ " : "▸ ") : "") + item.title;
      if (can) name.setAttribute("aria-expanded", open.has(number));
      row.firstChild.style.paddingLeft = 10 + 14 * depth + "px";
      row.firstChild.title = item.path;
      lines.push(row);
    }
    if (number === 0 || open.has(number)) sorted(item.children).forEach((child) => visit(child, depth + (number > 0)));
  };
  visit(0, 0);
  rows.replaceChildren(...lines);
}

// Draw what is open now; `kept` is a part that stays where it is on the screen, and comes into view whole.
let turn = 0;
async function show(fit, kept) {
  const mine = ++turn, key = openKey();
  const before = kept === undefined ? null : spot(kept);
  if (!await haveBoxes() || mine !== turn) return;
  const shown = visible(), links = shownLinks(shown.owner);
  drawTable();
  if (!layouts.has(key)) layouts.set(key, await layOut(dotSource(shown, links)));
  if (mine !== turn) return;
  const focused = document.activeElement.closest("[data-key]");
  const inPicture = focused !== null && picture.contains(focused);
  draw(layouts.get(key), links);
  if (fit) startView(); else setView(view);
  if (before) keepInView(kept, before);
  if (inPicture) picture.querySelector(`[tabindex][data-key="${focused.dataset.key}"]`)?.focus({ preventScroll: true });
  document.body.dataset.shown = key;
}
