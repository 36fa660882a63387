// Keys of lists and of the day: from entry to entry, to the search field, and a sheet that names them.
"use strict";
(() => {
  const OFF = "portal.keys.off";
  const sheet = document.getElementById("keys");
  const button = document.getElementById("keys-open");
  if (!sheet || !button) return;
  const tick = document.getElementById("keys-on");
  tick.checked = !localStorage.getItem(OFF);
  tick.addEventListener("change", () => tick.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"));
  button.hidden = false;
  button.addEventListener("click", () => sheet.showModal());

  function move(step) {
    const entries = [...document.querySelectorAll("#rows a.id, details.contact > summary")].filter((one) => one.checkVisibility());
    const row = document.activeElement.closest("tr, details.contact") || document.querySelector("tr[aria-current]");
    const here = entries.findIndex((one) => row && row.contains(one));
    const next = entries[here < 0 ? 0 : Math.min(Math.max(here + step, 0), entries.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    m: () => document.querySelector("tr.more a")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => sheet.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    const typed = event.target.closest("input, select, textarea, dialog");
    if (typed || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || !tick.checked) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
})();
