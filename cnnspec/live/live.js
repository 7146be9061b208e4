"use strict";
// The page follows the text: it is drawn anew when the net changes, marks what the cursor is at, and tells which
// line belongs to a block that is clicked. What is open, and where the view stands, outlives a change.

const drawn = typeof data !== "undefined";
const kept = sessionStorage.getItem("cnnspec");
if (drawn && kept) stand(JSON.parse(kept));

const events = new EventSource("events");
events.addEventListener("changed", () => {
  if (drawn) sessionStorage.setItem("cnnspec", JSON.stringify(standing()));
  location.reload();
});
events.addEventListener("line", (event) => { if (drawn) mark(Number(event.data)); });
events.addEventListener("closed", () => events.close());

document.addEventListener("click", (event) => {
  const line = drawn && lineAt(event.target);
  if (line) fetch("show", { method: "POST", body: String(line) });
});
