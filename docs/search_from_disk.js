// Pages that lie on a disk may neither start a worker nor read a file, which is how the search of the site gets its
// index. There the same search runs in the page, and the index comes as a script: docs/hooks.py writes it beside.
if (location.protocol === "file:") {
  const beside = (name) => new URL(`search/${name}`, document.currentScript.src).href;
  const scripts = ["lunr.js", "worker.js", "search_index.js"].map(beside);
  const load = (address) => new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement("script"), { src: address, onload: resolve, onerror: reject }));
  });
  window.Worker = class {
    constructor() {
      this.start();
    }

    async start() {
      for (const address of scripts) await load(address);
      window.postMessage = (message) => this.onmessage({ data: message });
      window.data = window.searchIndex;
      window.onScriptsLoaded();
    }

    postMessage({ query }) {
      if (query) this.onmessage({ data: { results: window.search(query) } });
    }
  };
}
