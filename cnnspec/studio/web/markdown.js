// The Markdown that the engine writes of a thing under the pointer: fenced code, one table, code in a line.

/** A row of a table, its cells. */
function cells(line) {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

function add(parent, tag, text) {
  const element = parent.appendChild(document.createElement(tag));
  if (text !== undefined) element.textContent = text;
  return element;
}

function addTable(parent, lines) {
  const table = add(parent, "table");
  lines.filter((line) => !/^\|[-:|]+\|$/.test(line)).forEach((line, place) => {
    const row = add(table, "tr");
    for (const cell of cells(line)) add(row, place ? "td" : "th", cell);
  });
}

/** @param {string} text @returns {HTMLElement} */
export function showMarkdown(text) {
  const whole = document.createElement("div");
  whole.className = "figures";
  for (const part of text.split(/```(?:cnn)?\n([^]*?)\n```/)) {
    const isCode = text.includes("```cnn\n" + part + "\n```");
    if (isCode && part) add(whole, "code", part).className = "block";
    else for (const paragraph of part.split("\n\n").map((one) => one.trim()).filter(Boolean)) {
      if (paragraph.startsWith("|")) addTable(whole, paragraph.split("\n"));
      else add(whole, "p", paragraph.replaceAll("`", ""));
    }
  }
  return whole;
}
