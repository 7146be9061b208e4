// The compiler in the browser: Pyodide and cnnspec's own wheel, both from beside this file, and nothing else.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const ready = (async () => {
  const [pyodide, wheel] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href }),
    fetch("cnnspec.whl").then((found) => found.arrayBuffer()),
  ]);
  pyodide.unpackArchive(wheel, "wheel");
  pyodide.runPython("from cnnspec.studio.engine import Engine\nengine = Engine()");
  return pyodide.globals.get("engine");
})();

onmessage = async ({ data: { number, request } }) => {
  const engine = await ready;
  postMessage({ number, answer: engine.answer(request) });
};
