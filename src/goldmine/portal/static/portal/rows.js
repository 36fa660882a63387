// Lists on a wide screen: a customer's panel beside the rows, and a word where something could not be fetched.
"use strict";
(() => {
  const note = document.getElementById("trouble");
  const split = document.getElementById("split");
  const panel = document.getElementById("panel");
  const wide = matchMedia("(min-width: 70rem)");
  let shown = null;
  let soon = 0;

  document.addEventListener("htmx:beforeRequest", () => { note.hidden = true; });
  for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => { note.hidden = false; });
  }

  function mark(link) {
    shown?.closest("tr").removeAttribute("aria-current");
    shown = link;
    shown?.closest("tr").setAttribute("aria-current", "true");
  }

  function open(link) {
    mark(link);
    if (panel.hidden) panel.replaceChildren();
    panel.hidden = false;
    split.classList.add("open");
    panel.scrollTop = 0;
    htmx.ajax("GET", link.getAttribute("href"), { source: panel, target: panel, swap: "innerHTML" });
  }

  function close() {
    clearTimeout(soon);
    const link = shown;
    mark(null);
    panel.hidden = true;
    split.classList.remove("open");
    if (link?.isConnected && !document.activeElement.matches("input, select")) link.focus();
  }

  // The first click shows the customer beside the list, the second one opens the page; so does any click on a narrow screen.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#rows a.id");
    if (link && wide.matches && link !== shown && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      open(link);
    }
    if (event.target.closest("[data-close]")) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden && !document.querySelector("dialog[open]")) close();
  });
  // While it is open, the panel follows whoever goes down the list; who is passed over at once was not looked at.
  document.addEventListener("focusin", (event) => {
    clearTimeout(soon);
    const link = event.target.closest("#rows a.id");
    if (link && !panel.hidden && link !== shown) soon = setTimeout(open, 300, link);
  });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.target.id === "rows") close(); });
})();
