// The views of the net: tabs, and what is in those that are no drawing.

import { set, state } from "./state.js";
import { notes, showCosts, showSummary, showTable } from "./tables.js";

const tabs = [...document.querySelectorAll("[role=tab]")];

/** Make the tabs work with a mouse and the keyboard. */
export function makeTabs() {
  tabs.forEach((tab, place) => {
    const name = tab.getAttribute("aria-controls");
    tab.addEventListener("click", () => set({ view: name }));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(place + step + tabs.length) % tabs.length];
      next.focus();
      next.click();
    });
  });
}

/** Show the panel of the view that is open. */
export function openPanel() {
  for (const tab of tabs) {
    const name = tab.getAttribute("aria-controls"), isOpen = name === state.view;
    tab.setAttribute("aria-selected", String(isOpen));
    tab.tabIndex = isOpen ? 0 : -1;
    document.getElementById(name).hidden = !isOpen;
  }
}

/** What the engine is asked for in this view. */
export function wanted() {
  return { drawing: ["drawing"], table: ["table"], costs: ["table"], memory: ["memory"], compare: [] }[state.view];
}

/** Fill the panel that is open with what the engine said. */
export function fill(shown, goTo) {
  const panel = document.getElementById(state.view);
  if (state.view === "table") showSummary(panel, shown.table, goTo);
  if (state.view === "costs") showCosts(panel, shown.table, goTo);
  if (state.view === "memory") showMemory(panel, shown.memory, shown.heading, goTo);
  markRows(state.line);
}

/** Mark the rows of a line. */
export function markRows(line) {
  for (const row of document.querySelectorAll("#right tr[data-line]")) row.classList.toggle("pointed", row.dataset.line === String(line));
}

const PLANS = { fused: "inference, as a runtime for devices", plain: "inference, layer by layer", training: "a step of training" };

/** Which buffers live when: a chart, and the steps. */
function showMemory(panel, { chart, steps }, heading, goTo) {
  const label = document.createElement("label"), choice = document.createElement("select");
  label.append("Plan ", choice);
  for (const [name, words] of Object.entries(PLANS)) choice.append(new Option(words, name, false, name === state.plan));
  choice.addEventListener("change", () => set({ plan: choice.value }));
  const picture = new Image();
  picture.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(chart);
  picture.alt = `Memory over time of ${heading}; the table below has the same figures`;
  panel.replaceChildren(label, picture, notes(steps.notes), showTable(steps, goTo));
}
