"use strict";
// What follows the text of the net, where the page is shown beside it: marks of the line that the cursor is at, and
// what stays open, and where it stays, from one net to the next.

// The net, its blocks that are open and those that are closed, by their paths, and what is seen: null where the reader has
// not moved it, so that a net which grows stays whole.
function standing() {
  const inner = items.filter((item) => item.children.length);
  const paths = (isOpen) => inner.filter((item) => open.has(item.number) === isOpen).map((item) => item.path);
  return { title: data ? data.title : "", opened: paths(true), closed: paths(false), seen: view === fitted ? null : view };
}

function stand({ opened, closed, seen }) {
  items.forEach((item, number) => {
    if (opened.includes(item.path)) open.add(number);
    if (closed.includes(item.path)) open.delete(number);
  });
  open.add(0);
  return show(false).then(() => seen === null ? startView() : setView(seen));
}

// Draw another net in the place of the one that is drawn; of one of the same name, what is open stays so.
async function replaceNet(net) {
  const before = data && data.title === net.title ? standing() : null;
  dress(net);
  take(net);
  await (before ? stand(before) : show(true));
}

// What stands around the drawing: colours, legend, title.
function dress(net) {
  document.querySelector("style").textContent = net.style + frameStyle;
  document.querySelector("footer svg")?.remove();
  document.querySelector("footer").insertAdjacentHTML("afterbegin", net.legend);
  document.querySelector("h1").textContent = document.title = net.title;
  picture.setAttribute("aria-label", `Diagram of ${net.title}: TAB goes from box to box, Enter opens or closes a block`);
}
const frameStyle = document.querySelector("style").textContent;

// A net may come with the boxes of what was shown alone: what holds the page is then asked for those that are to be
// shown. True where all are there; false where they cannot be had, or another net has come in the meantime.
let more = null;
function onMore(ask) {
  more = ask;
}

async function haveBoxes() {
  if (visible().boxes.every((number) => items[number].box !== undefined)) return true;
  const mine = turn, net = await more(standing());
  if (!net || mine !== turn) return false;
  dress(net);
  hold(net);
  return true;
}

// The boxes of a line, and where these are folded away, the box that shows them.
function mark(line) {
  if (!data) return;
  document.querySelectorAll(".pointed").forEach((element) => element.classList.remove("pointed"));
  const { boxes } = visible(), shown = new Set(boxes);
  for (const item of items.filter((item) => item.here && item.line === line)) {
    let number = item.number;
    while (number > 0 && !shown.has(number) && !picture.querySelector(`.frame[data-key="${number}"]`)) number = items[number].parent;
    picture.querySelectorAll(`[data-key="${number}"]`).forEach((element) => element.classList.add("pointed"));
  }
}

// The line of what was clicked, from 1; 0 where there is none in the text of the net.
function lineAt(target) {
  const element = target.closest("[data-key]"), item = element && items[Number(element.dataset.key)];
  return item && item.here ? item.line : 0;
}
