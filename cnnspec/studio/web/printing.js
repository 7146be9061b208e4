// The drawing as a PDF where there is no compiler that writes one: by the browser's own print, on a page of its size.

/** The longest side of a page of a PDF, in points. */
const LONGEST = 14_400;

/** A page that holds a drawing and nothing else, to be printed. @param {string} source the drawing as SVG */
export function printPage(source, title) {
  const page = new DOMParser().parseFromString(source, "image/svg+xml").documentElement;
  const [width, height] = ["width", "height"].map((side) => Number.parseFloat(page.getAttribute(side)));
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  page.setAttribute("width", `${width * scale}pt`);
  page.setAttribute("height", `${height * scale}pt`);
  const made = document.implementation.createHTMLDocument(title);
  const style = made.head.appendChild(made.createElement("style"));
  // A page that is a hair too small would give a second one.
  style.textContent = `@page { size: ${Math.ceil(width * scale)}pt ${Math.ceil(height * scale)}pt; margin: 0 } `
    + "body { margin: 0 } svg { display: block; break-after: avoid }";
  made.body.append(made.importNode(page, true));
  return made.documentElement.outerHTML;
}

/** Open the browser's print, where the reader saves the drawing; the frame that is printed then goes. */
export async function print(source, title) {
  const frame = document.createElement("iframe");
  frame.className = "printed";
  frame.setAttribute("aria-hidden", "true");
  frame.srcdoc = printPage(source, title);
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  frame.contentWindow.addEventListener("afterprint", () => frame.remove());
  frame.contentWindow.print();
}
