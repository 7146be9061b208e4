// Variants beside each other: up to four, the net as it stands among them.

import { ask } from "./engine.js";
import { set, state, variant } from "./state.js";
import { showTable } from "./tables.js";

const MOST = 4;
const panel = document.getElementById("compare");

/** A button that does something to the variants. */
function button(text, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", textContent: text });
  made.addEventListener("click", act);
  return made;
}

/** The table of what is kept and of the net as it stands. */
export async function showVariants(openVariant) {
  const now = variant(), kept = state.variants;
  const variants = [...kept, { ...now, label: `${now.label} (now)` }];
  const table = await ask({ ask: "compare", variants });
  if (state.view !== "compare") return;
  const keep = button("Keep this one", () => set({ variants: [...kept, now] }));
  keep.disabled = kept.length >= MOST - 1;
  const about = document.createElement("p");
  about.textContent = kept.length
    ? "Change the text or a parameter, and the last row follows."
    : "Keep the net as it stands, then change it: up to three stand beside it.";
  const list = document.createElement("ul");
  kept.forEach((one, place) => {
    const item = list.appendChild(document.createElement("li"));
    item.append(one.label + " ", button("Open", () => openVariant(one)), button("Drop", () => set({ variants: kept.filter((_, n) => n !== place) })));
  });
  panel.replaceChildren(keep, about, list, showTable(table, () => {}));
}
