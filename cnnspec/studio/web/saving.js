// What is kept of a net: the spec, the drawing as it stands, a PDF, a torch module.

import { svg } from "./drawing.js";
import { ask, isLocal } from "./engine.js";
import { request } from "./editor.js";
import { print } from "./printing.js";
import { state } from "./state.js";

const SHARPNESS = 2;

/** Hand a file to the browser. */
function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** The drawing as pixels, twice as many as points. @returns {Promise<Blob>} */
async function png(source) {
  const picture = new Image();
  picture.src = URL.createObjectURL(new Blob([source], { type: "image/svg+xml" }));
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width * SHARPNESS, picture.height * SHARPNESS];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(picture.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** The answer to a question about the text. Throws where the engine refuses. */
async function answer(question) {
  const found = await ask({ ...request(state.text), ask: question });
  if (found.refused) throw new Error(found.refused);
  return found;
}

/** Each kind of file: what is in it. @type {Record<string, () => Promise<Blob>>} */
const FILES = {
  cnn: async () => new Blob([state.text], { type: "text/plain" }),
  svg: async () => new Blob([await svg()], { type: "image/svg+xml" }),
  png: async () => png(await svg()),
  pdf: async () => {
    const bytes = atob((await answer("pdf")).base64);
    return new Blob([Uint8Array.from(bytes, (letter) => letter.charCodeAt(0))], { type: "application/pdf" });
  },
  py: async () => new Blob([(await answer("python")).text], { type: "text/x-python" }),
};

/** Save the net as a file of some kind, named after it. @returns {Promise<string>} what was done */
export async function saveAs(kind) {
  const stem = kind === "cnn" ? state.file.replace(/\.cnn$/, "") : state.net || "net";
  const name = `${stem.replace(/\W+/g, "_")}.${kind}`;
  if (kind === "pdf" && !isLocal) {
    await print(await svg(), name);
    return "the browser prints the drawing: choose to save it as a PDF";
  }
  download(await FILES[kind](), name);
  return `saved as ${name}`;
}
