// The drawing: the page of `cnnspec render -o net.html` in a frame, which draws one net after another.

const frame = /** @type {HTMLIFrameElement} */ (document.getElementById("frame"));

/** The window of the frame, when its scripts are there. */
const ready = new Promise((resolve) => {
  const whole = () => frame.contentDocument?.readyState === "complete" && "replaceNet" in frame.contentWindow;
  if (whole()) resolve(frame.contentWindow);
  else frame.addEventListener("load", () => resolve(frame.contentWindow));
});

/** Call a function with the line of what is clicked. */
export async function onClick(clicked) {
  const inside = await ready;
  inside.document.addEventListener("click", (event) => {
    const line = inside.lineAt(event.target);
    if (line) clicked(line);
  });
}

/** Draw a net, and mark the line of the cursor in it. */
export async function draw(net, line) {
  const inside = await ready;
  await inside.replaceNet(net);
  inside.mark(line);
}

/** Mark what is written on a line. */
export async function mark(line) {
  (await ready).mark(line);
}

/** The drawing as it stands, as SVG. */
export async function svg() {
  return (await ready).savedSvg();
}
