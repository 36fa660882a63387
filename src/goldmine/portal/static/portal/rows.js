/* Says so where rows could not be fetched: the network or the portal is away, or the request was refused. */
"use strict";
(() => {
  const note = document.getElementById("trouble");
  document.addEventListener("htmx:beforeRequest", () => { note.hidden = true; });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => { note.hidden = false; });
  }
})();
