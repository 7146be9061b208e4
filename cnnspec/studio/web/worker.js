// The compiler in the browser: Pyodide and cnnspec's own wheel, both from beside this file, and nothing else.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const STEPS = ["Python is loaded", "the compiler is loaded", "the net is read"];

/** Tell the page which step has begun. */
function tell(step) {
  postMessage({ told: `The compiler is starting, step ${step + 1} of ${STEPS.length}: ${STEPS[step]} ...` });
}

const ready = (async () => {
  tell(0);
  const [pyodide, wheel] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href }),
    fetch("cnnspec.whl").then((found) => found.arrayBuffer()),
  ]);
  tell(1);
  pyodide.unpackArchive(wheel, "wheel");
  pyodide.runPython("from cnnspec.studio.engine import Engine\nengine = Engine()");
  tell(2);
  return pyodide.globals.get("engine");
})();

onmessage = async ({ data: { number, request } }) => {
  const engine = await ready;
  postMessage({ number, answer: engine.answer(request) });
};
