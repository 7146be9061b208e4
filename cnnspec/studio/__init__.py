"""The studio: a page with the text of a spec on the left and its net on the right, on one of two engines.

    page ──(JSON)──> server of `cnnspec studio`, which has the file on disk ──> engine
    page ──(JSON)──> worker of the browser, in which Pyodide runs ────────────> engine

Read `engine` (what may be asked, and the answers), then what it is made of: `asked` (a text and all that is
set beside it), `reading` (what the page shows of a text), `tables` (the summary, memory, variants) and
`units` (places as a browser counts them). `pages` are the files of the page, which lie in `web/`; `server`
serves them to a browser on this machine. `web/` is made of small modules: `main.js` ties them together.
"""
