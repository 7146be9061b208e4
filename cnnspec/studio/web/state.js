// What the page holds: the text, what is set beside it, and which view is open. One object, changed by `set`.

/**
 * @typedef {object} State
 * @property {string} text
 * @property {string} file the name of the text's file
 * @property {string} net the net that is shown; "" for the one that the engine picks
 * @property {number} line the line of the cursor, from 1
 * @property {Record<string, string>} parameters what is set of the net's parameters
 * @property {Record<string, number[]>} inputs what is set of the shapes of its inputs
 * @property {string} view drawing, table, costs, memory or compare
 * @property {string} plan the plan of the memory
 * @property {"light" | "dark"} theme
 * @property {Variant[]} variants what is kept to compare with
 */
/** @typedef {{ label: string, text: string, file: string, net: string, parameters: object, inputs: object }} Variant */

/** @type {State} */
export const state = {
  text: "", file: "net.cnn", net: "", line: 1, parameters: {}, inputs: {}, view: "drawing", plan: "fused",
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light", variants: [],
};

/** @type {Set<() => void>} */
const listeners = new Set();

/** Call a function after every change. */
export function onChange(listener) {
  listeners.add(listener);
}

/** @param {Partial<State>} changes */
export function set(changes) {
  Object.assign(state, changes);
  for (const listener of listeners) listener();
}

/** The text as one variant to compare: what is set of it included. */
export function variant() {
  const { text, file, net, parameters, inputs } = state;
  const given = [...Object.entries(parameters), ...Object.entries(inputs).map(([name, shape]) => [name, shape.join("x")])];
  const label = [net || file, ...given.map(([name, value]) => `${name}=${value}`)].join(" ");
  return { label, text, file, net, parameters: { ...parameters }, inputs: { ...inputs } };
}
