// A browser runs no modules, and so no compiler, of a page that is opened as a file: such a page says what it needs.
if (location.protocol === "file:") {
  addEventListener("DOMContentLoaded", () => {
    document.getElementById("heading").textContent =
      "This page needs a server of files, for a browser starts no compiler from a disk: run python -m http.server in its folder, and open http://127.0.0.1:8000. Or run cnnspec studio.";
  });
}
