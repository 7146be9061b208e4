// The drawing: the page of `cnnspec render -o net.html` in a frame, which draws one net after another.

import { ask } from "./engine.js";

const frame = /** @type {HTMLIFrameElement} */ (document.getElementById("frame"));

/** The window of the frame, when its scripts are there. */
const ready = new Promise((resolve) => {
  const whole = () => frame.contentDocument?.readyState === "complete" && "replaceNet" in frame.contentWindow;
  if (whole()) resolve(frame.contentWindow);
  else frame.addEventListener("load", () => resolve(frame.contentWindow));
});

/** What the engine was asked for the net that is drawn, to be asked for more of it. */
let drawnFrom = null;
let inside = null;
ready.then((found) => {
  inside = found;
  inside.onMore(async (standing) => {
    const found = await ask({ ...drawnFrom, ask: "drawing", standing });
    return found.refused ? null : found;
  });
});

/** Which blocks are open, of which net: the engine draws only what is shown. */
export function standing() {
  return inside ? inside.standing() : { title: "", opened: [], closed: [] };
}

/** Call a function with the line of what is clicked. */
export async function onClick(clicked) {
  const inside = await ready;
  inside.document.addEventListener("click", (event) => {
    const line = inside.lineAt(event.target);
    if (line) clicked(line);
  });
}

/** Draw a net, the answer to a request, and mark the line of the cursor in it. */
export async function draw(net, request) {
  const inside = await ready;
  drawnFrom = request;
  await inside.replaceNet(net);
  inside.mark(request.line);
}

/** Mark what is written on a line. */
export async function mark(line) {
  (await ready).mark(line);
}

/** The drawing as it stands, as SVG. */
export async function svg() {
  return (await ready).savedSvg();
}
