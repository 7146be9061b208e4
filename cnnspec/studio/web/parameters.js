// The parameters of the net and the sizes of its inputs: fields, and sliders where they are numbers.

import { set, state } from "./state.js";

const form = document.getElementById("parameters");
let shown = "", shownNet = "";

/** How far a slider of a number goes: from nothing to four times what the spec says. */
function bounds(kind, value) {
  const most = Math.max(4 * Math.abs(Number(value)), kind === "integer" ? 8 : 2);
  return kind === "integer" ? { min: 0, max: Math.ceil(most), step: 1 } : { min: 0, max: most, step: "any" };
}

/** A field and, for numbers, a slider beside it: both write through `give`. */
function makeField(name, kind, value, placeholder, give) {
  const group = document.createElement("div");
  group.className = "field";
  const label = group.appendChild(document.createElement("label"));
  label.textContent = name;
  const field = group.appendChild(document.createElement("input"));
  field.id = label.htmlFor = `field-${name}`;
  Object.assign(field, { type: kind === "flag" ? "checkbox" : "text", value, placeholder, autocomplete: "off", spellcheck: false });
  if (kind === "flag") {
    field.checked = value === "true";
    field.addEventListener("change", () => give(String(field.checked)));
    return group;
  }
  let slider = null;
  if (kind === "integer" || kind === "number") {
    slider = group.appendChild(document.createElement("input"));
    Object.assign(slider, { type: "range", ...bounds(kind, placeholder || value || 1), value: value || placeholder || 0 });
    slider.setAttribute("aria-label", `${name}, as a slider`);
    slider.addEventListener("input", () => { field.value = slider.value; give(slider.value); });
  }
  field.addEventListener("input", () => { if (slider) slider.value = field.value; give(field.value.trim()); });
  return group;
}

/** Set a parameter; nothing written, or what the spec says, sets none. */
function giveParameter({ name, written }, text) {
  const { [name]: _, ...others } = state.parameters;
  set({ parameters: text === "" || text === written ? others : { ...others, [name]: text } });
}

/** Set the shape of an input, where it is one. */
function giveInput(name, text, written) {
  const { [name]: _, ...others } = state.inputs;
  const shape = text.split("x").map(Number);
  if (text === "" || text === written) set({ inputs: others });
  else if (shape.every((size) => Number.isInteger(size) && size > 0)) set({ inputs: { ...others, [name]: shape } });
}

/** A slider for all spatial sizes of an input at once, beside its field. */
function addSizeSlider(group, { name, shape }, written) {
  if (shape.length < 2) return;
  const field = group.querySelector("input"), slider = group.appendChild(document.createElement("input"));
  Object.assign(slider, { type: "range", min: 1, max: 2 * Math.max(...shape.slice(1), 32), step: 1, value: shape[1] });
  slider.setAttribute("aria-label", `size of ${name}, as a slider`);
  slider.addEventListener("input", () => {
    field.value = [shape[0], ...shape.slice(1).map(() => slider.value)].join("x");
    giveInput(name, field.value, written);
  });
}

/** Show the fields of the net; they are made anew only where there are others. */
export function showParameters({ net, parameters, shown: found }) {
  const inputs = found?.inputs ?? null;
  const key = JSON.stringify([net, parameters.map(({ name, written, kind }) => [name, written, kind]), inputs?.map(({ name, shape }) => [name, shape.length])]);
  const isBroken = inputs === null && net === shownNet;
  if (key === shown || isBroken || form.contains(document.activeElement)) return;
  [shown, shownNet] = [key, net];
  const fields = parameters.map((one) =>
    makeField(one.name, one.kind, one.set ?? (one.kind === "flag" ? one.written : ""), one.written ?? "needed", (text) => giveParameter(one, text)));
  const sizes = (inputs ?? []).map((input) => {
    const written = input.name in state.inputs ? "" : input.shape.join("x");
    const value = input.name in state.inputs ? input.shape.join("x") : "";
    const group = makeField(input.name, "shape", value, written, (text) => giveInput(input.name, text, written));
    addSizeSlider(group, input, written);
    return group;
  });
  form.replaceChildren(...fields, ...sizes);
  if (fields.length || sizes.length) form.append(makeReset());
}

/** A button that gives everything back to the spec. */
function makeReset() {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: "As in the spec", title: "Set nothing" });
  button.addEventListener("click", () => {
    button.blur();
    shown = "";
    set({ parameters: {}, inputs: {} });
  });
  return button;
}

form.addEventListener("submit", (event) => event.preventDefault());
