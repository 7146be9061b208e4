// The page: a text is edited, the engine reads it, and what it says is shown on both sides.

import { pack, unpack } from "./address.js";
import { draw, mark, onClick, standing } from "./drawing.js";
import { makeEditor, request } from "./editor.js";
import { ask, start, write } from "./engine.js";
import { fill, makeTabs, markRows, openPanel, wanted } from "./panels.js";
import { showParameters } from "./parameters.js";
import { saveAs } from "./saving.js";
import { onChange, set, state } from "./state.js";
import { showVariants } from "./variants.js";

const PAUSE = 40;
/** Milliseconds without an edit before the mistakes of all other nets are asked for. */
const QUIET = 400;
const element = (id) => document.getElementById(id);

/** The file on disk, where there is one: its name, and what was last read from or written to it. */
let disk = { file: "", text: "" };
let editor = null, turn = 0, quiet = 0, pause = 0, answer = null;
/** Whether the cursor is to go to the net, once it is known where that is; it stays where somebody writes. */
let toNet = true;
/** Whether the cursor goes to a part of the net that is shown: the net then stays. */
let isOfNet = false;

function say(text) {
  element("said").textContent = text;
}

// ---- reading ------------------------------------------------------------------------------------------------

/** Read the text and show what is found; what a later reading has overtaken is dropped. */
async function read() {
  const mine = ++turn, text = state.text, asked = request(text);
  try {
    const found = await ask({ ...asked, ask: "read", views: wanted(), standing: standing() });
    if (mine !== turn) return;
    if (found.refused) return say(found.refused);
    answer = found;
    await show(found, asked);
    clearTimeout(quiet);
    quiet = setTimeout(() => readOthers(mine, text), QUIET);
    document.body.dataset.shown = String(mine);
  } catch (error) {
    say(error.message);
  }
}

/** Add the mistakes of the nets that are not shown. */
async function readOthers(mine, text) {
  const { diagnostics } = await ask({ ...request(text), ask: "mistakes" });
  if (mine !== turn || text !== state.text || !diagnostics) return;
  const key = (found) => [found.code, found.from, found.message].join(" "), known = new Set(answer.diagnostics.map(key));
  const more = diagnostics.filter((found) => !known.has(key(found)) && found.code !== "budget");
  if (!more.length) return;
  answer.diagnostics.push(...more);
  editor.show(answer);
  showMistakes(answer.diagnostics);
}

/** Show what was found of a text; in the editor only where that text still stands there, for places of another are none. */
async function show(found, asked) {
  if (asked.text === state.text) editor.show(found);
  showMistakes(found.diagnostics);
  showNets(found);
  state.net = found.net ?? "";
  showParameters(found);
  const there = found.nets.find(({ name }) => name === found.net);
  if (toNet && there) {
    toNet = false;
    editor.goTo(there.first, false);
  }
  const errors = found.diagnostics.filter(({ severity }) => severity === "error").length;
  element("right").classList.toggle("stale", !found.shown);
  element("heading").textContent = found.shown?.heading ?? (errors ? "The net as it last was: the spec has mistakes." : "There is no net yet.");
  if (found.shown?.drawing) await draw(found.shown.drawing, { ...asked, net: found.net, line: state.line });
  else if (found.shown && state.view !== "compare") fill(found.shown, goToPart);
  if (state.view === "compare") await showVariants(openText);
}

function showNets({ nets, net }) {
  const options = nets.map(({ name, open_names: open }) => new Option(open.length ? `${name} (open: ${open.join(", ")})` : name, name, false, name === net));
  element("net").replaceChildren(...options);
}

function showMistakes(diagnostics) {
  element("mistakes").replaceChildren(...diagnostics.map((found) => {
    const item = document.createElement("li"), place = item.appendChild(document.createElement("button"));
    item.className = found.severity;
    place.type = "button";
    place.textContent = `${found.line ? `line ${found.line}: ` : ""}${found.message}`;
    place.addEventListener("click", () => editor.goTo(found.line || 1));
    if (found.help) item.append(` help: ${found.help} `);
    if (found.edits.length) {
      const mend = item.appendChild(document.createElement("button"));
      Object.assign(mend, { type: "button", textContent: "Mend" });
      mend.addEventListener("click", () => editor.mend(found.edits));
    }
    return item;
  }));
}

// ---- what the reader does ------------------------------------------------------------------------------------

function changed(text) {
  toNet = false;
  set({ text });
}

/**
 * The cursor is on another line: its parts are marked, and its net is shown. A family that leaves parameters open is no
 * net yet: in its lines that of its nets which is shown stays.
 */
function moved(line) {
  if (line === state.line) return;
  state.line = line;
  const there = answer?.nets.find(({ first, last, open_names: open }) => first <= line && line <= last && !open.length);
  if (there && there.name !== state.net && !isOfNet) set({ net: there.name, parameters: {}, inputs: {} });
  mark(line);
  markRows(line);
}

/** Go to a line of the net that is shown, which may be made of the lines of another. */
function goToPart(line) {
  isOfNet = true;
  editor.goTo(line);
  isOfNet = false;
}

/** Put another text in the place of this one; the editor can take that back. */
function openText({ text, file, net = "", parameters = {}, inputs = {} }) {
  Object.assign(state, { file, net, parameters, inputs });
  if (text === state.text) set({}); else editor.replace(text);
  toNet = true;
}

/** Write the file that the page was opened with; anything else is saved as a file of the browser. */
async function save() {
  if (state.file !== disk.file) return saveAs("cnn").then(say);
  const text = state.text, { wrote, refused } = await write(text, disk.text);
  if (wrote) disk.text = text;
  showUnsaved();
  say(wrote ? `wrote ${wrote}` : refused);
}

function showUnsaved() {
  element("file").textContent = state.file + (isUnsaved() ? " (not saved)" : "");
}

function isUnsaved() {
  return state.file === disk.file && state.text !== disk.text;
}

async function link() {
  const { text, file, net, parameters, inputs, view } = state;
  history.replaceState(null, "", "#" + await pack({ text, file, net, parameters, inputs, view }));
  await navigator.clipboard?.writeText(location.href).then(() => say("the address is copied"), () => say("the address holds the spec"));
}

function showTheme() {
  document.documentElement.dataset.theme = state.theme;
  element("theme").textContent = state.theme === "dark" ? "Light" : "Dark";
}

function listen() {
  makeTabs();
  element("save").addEventListener("click", save);
  element("link").addEventListener("click", link);
  element("theme").addEventListener("click", () => set({ theme: state.theme === "dark" ? "light" : "dark" }));
  element("net").addEventListener("change", () => {
    const name = element("net").value, there = answer.nets.find((net) => net.name === name);
    set({ net: name, parameters: {}, inputs: {} });
    editor.goTo(there.first, false);
  });
  element("save-as").addEventListener("change", async () => {
    const kind = element("save-as").value;
    element("save-as").value = "";
    await saveAs(kind).then(say, (error) => say(error.message));
  });
  element("zoo").addEventListener("change", async () => {
    const name = element("zoo").value;
    if (name) openText(await ask({ ask: "spec", name }));
    element("zoo").value = "";
  });
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      if (!event.target.closest?.(".cm-editor")) save();
    }
  });
  addEventListener("beforeunload", (event) => {
    if (isUnsaved()) event.preventDefault();
  });
}

async function showZoo() {
  const { nets } = await ask({ ask: "zoo" });
  const groups = new Map();
  for (const { name, paper } of nets) {
    const family = paper.split(":")[0];
    if (!groups.has(family)) groups.set(family, Object.assign(document.createElement("optgroup"), { label: family }));
    groups.get(family).append(new Option(name, name));
  }
  element("zoo").append(...groups.values());
}

async function main() {
  const first = await start();
  if (typeof first.on_disk === "string") disk = { file: first.file, text: first.on_disk };
  const linked = location.hash.length > 1 ? await unpack(location.hash.slice(1)) : null;
  const opened = { ...first, ...linked };
  Object.assign(state, { text: opened.text, file: opened.file, net: opened.net ?? "", parameters: opened.parameters ?? {}, inputs: opened.inputs ?? {}, view: opened.view ?? "drawing" });
  editor = makeEditor(element("editor"), state.text, { changed, moved, save });
  listen();
  onClick(goToPart);
  onChange(() => {
    openPanel();
    showTheme();
    showUnsaved();
    clearTimeout(pause);
    pause = setTimeout(read, PAUSE);
  });
  addEventListener("compiler-starts", ({ detail }) => {
    if (answer === null) element("heading").textContent = detail;
  });
  const ready = linked ? undefined : first.answers?.[state.theme];
  if (ready) await showFirst(ready);
  set({});
  await showZoo();
}

/** Show what is known of the first text before an engine has started, which then begins after the page is painted. */
async function showFirst(found) {
  answer = found;
  openPanel();
  showTheme();
  await show(found, request(state.text));
  document.body.dataset.painted = "true";
  await new Promise((resolve) => setTimeout(resolve, 100));
}

main().catch((error) => say(error.message));
