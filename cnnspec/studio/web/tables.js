// The summary as a table that sorts, the costs as bars, and any other table of the engine.

/** @typedef {{ name: string, heading: string, doc: string, words: boolean }} Column */
/** @typedef {{ level: number, line: number, values: any[], texts: string[] }} Row */

/** Show rows under columns; a row that has a line goes there. */
function makeTable(caption, columns, rows, goTo) {
  const table = document.createElement("table");
  table.createCaption().textContent = caption;
  const heads = table.createTHead().insertRow();
  for (const column of columns) {
    const head = heads.appendChild(document.createElement("th"));
    head.scope = "col";
    head.title = column.doc;
    head.className = column.words ? "words" : "";
    head.textContent = column.heading;
  }
  const body = table.createTBody();
  for (const row of rows) body.appendChild(makeRow(columns, row, goTo));
  return table;
}

/** @param {Row} row */
function makeRow(columns, row, goTo) {
  const line = document.createElement("tr");
  line.dataset.line = String(row.line);
  columns.forEach((column, place) => {
    const cell = line.insertCell();
    cell.className = column.words ? "words" : "";
    const holder = place === 0 && row.line ? cell.appendChild(document.createElement("button")) : cell;
    holder.textContent = row.texts[place];
    if (place === 0) cell.style.paddingLeft = `${8 + 14 * row.level}px`;
  });
  if (row.line) line.addEventListener("click", () => goTo(row.line));
  return line;
}

/** The largest first, or by the alphabet; what has no value last. */
function sorted(rows, place) {
  const order = (a, b) => typeof a === "number" ? b - a : String(a).localeCompare(String(b));
  const known = rows.filter((row) => row.values[place] !== null);
  return [...known.sort((a, b) => order(a.values[place], b.values[place])), ...rows.filter((row) => row.values[place] === null)];
}

let sortedBy = "";

/** The summary: blocks as in the spec, or all layers by a column. */
export function showSummary(panel, { columns, blocks, layers, totals }, goTo) {
  const place = columns.findIndex(({ name }) => name === sortedBy);
  const table = makeTable("Layers and blocks", columns, place < 0 ? blocks : sorted(layers, place), goTo);
  table.querySelectorAll("th").forEach((head, number) => {
    const button = document.createElement("button");
    button.textContent = head.textContent;
    button.title = `Sort all layers by ${head.title}; again: blocks as in the spec`;
    if (number === place) head.setAttribute("aria-sort", columns[number].words ? "ascending" : "descending");
    button.addEventListener("click", () => {
      sortedBy = sortedBy === columns[number].name ? "" : columns[number].name;
      showSummary(panel, { columns, blocks, layers, totals }, goTo);
      panel.querySelectorAll("th button")[number].focus();
    });
    head.replaceChildren(button);
  });
  panel.replaceChildren(table, notes(totals));
}

/** Names and texts under a table. */
export function notes(pairs) {
  const list = document.createElement("dl");
  for (const [name, text] of pairs) {
    list.appendChild(document.createElement("dt")).textContent = name;
    list.appendChild(document.createElement("dd")).textContent = text;
  }
  return list;
}

/** A table of the engine as it is. */
export function showTable({ title, columns, rows }, goTo) {
  return makeTable(title, columns, rows, goTo);
}

const MEASURES = ["macs", "params", "live", "kept"];
let measure = "macs";

/** What each part costs, as bars; of a part that is opened, only what is in it. */
export function showCosts(panel, { columns, blocks }, goTo) {
  const place = columns.findIndex(({ name }) => name === measure);
  const leaves = blocks.filter((row, number) => (blocks[number + 1]?.level ?? 0) <= row.level);
  const largest = Math.max(1, ...leaves.map((row) => row.values[place] ?? 0));
  const label = document.createElement("label"), choice = document.createElement("select");
  label.append("Bars show ", choice);
  for (const name of MEASURES) choice.append(new Option(columns.find((column) => column.name === name).heading, name, false, name === measure));
  choice.addEventListener("change", () => {
    measure = choice.value;
    showCosts(panel, { columns, blocks }, goTo);
    panel.querySelector("select").focus();
  });
  const names = paths(blocks);
  const table = makeTable(`Costs: ${columns[place].doc}`, [{ ...columns[0], heading: "part" }, { ...columns[place], words: false }],
    leaves.map((row) => ({ ...row, level: 0, texts: [names.get(row), row.texts[place]] })), goTo);
  [...table.tBodies[0].rows].forEach((line, number) => {
    const bar = line.insertCell().appendChild(document.createElement("span"));
    bar.className = "bar";
    bar.style.width = `${100 * (leaves[number].values[place] ?? 0) / largest}%`;
    bar.hidden = !leaves[number].values[place];
  });
  const head = table.tHead.rows[0].appendChild(document.createElement("th"));
  head.scope = "col";
  head.className = "words wide";
  head.textContent = "beside the largest";
  panel.replaceChildren(label, table);
}

/** The name of each row with those around it. */
function paths(rows) {
  const around = [], found = new Map();
  for (const row of rows) {
    around.length = row.level;
    around.push(row.texts[0]);
    found.set(row, around.join("."));
  }
  return found;
}
