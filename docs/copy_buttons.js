// A button beside each block of code that copies it: of a terminal what was typed, without what it has answered.
for (const block of document.querySelectorAll(".rst-content pre")) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
  button.addEventListener("click", async () => {
    const lines = block.textContent.trimEnd().split("\n"), typed = lines.filter((line) => line.startsWith("$ "));
    const text = typed.length ? typed.map((line) => line.slice(2)).join("\n") : lines.join("\n");
    const said = await navigator.clipboard.writeText(text).then(() => "Copied", () => "Not copied");
    button.textContent = said;
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.parentElement.classList.add("copied");
  block.parentElement.append(button);
}
