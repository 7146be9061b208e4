// The compiler that answers: the one of `cnnspec studio` on this machine, or the same one in a worker of the browser.

/** @typedef {(request: object) => Promise<any>} Ask */

const kind = document.documentElement.dataset.engine;

/** Whether the compiler of this machine answers. */
export const isLocal = kind === "local";

/** Ask the compiler on this machine. @type {Ask} */
async function askLocal(request) {
  const answer = await fetch("ask", { method: "POST", body: JSON.stringify(request) });
  if (!answer.ok) throw new Error("cnnspec studio has ended: start it again");
  return answer.json();
}

/** A worker that answers, started when it is first asked. @returns {Ask} */
function browserEngine() {
  let worker = null, turn = 0;
  const waiting = new Map();
  return (request) => {
    if (worker === null) {
      worker = new Worker("worker.js", { type: "module" });
      worker.onmessage = ({ data: { number, answer, told } }) => {
        if (told) return dispatchEvent(new CustomEvent("compiler-starts", { detail: told }));
        waiting.get(number).resolve(JSON.parse(answer));
        waiting.delete(number);
      };
      worker.onerror = (event) => {
        for (const { reject } of waiting.values()) reject(new Error(`the compiler could not be started: ${event.message}`));
        waiting.clear();
      };
    }
    const number = ++turn;
    worker.postMessage({ number, request: JSON.stringify(request) });
    return new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
  };
}

/** @type {Ask} */
export const ask = isLocal ? askLocal : browserEngine();

/** What the page starts with: a text and its file. */
export async function start() {
  return (await fetch(isLocal ? "start" : "start.json")).json();
}

/** Write the file on disk, where it is still what it was: `before`. @returns {Promise<{ wrote?: string, refused?: string }>} */
export async function write(text, before) {
  const answer = await fetch("save", { method: "POST", body: JSON.stringify({ text, before }) });
  return answer.ok ? answer.json() : { refused: "cnnspec studio has ended: start it again" };
}
