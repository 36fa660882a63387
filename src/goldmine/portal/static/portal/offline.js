// Results without a signal: each is written to this device before it is sent, and leaves it when the server has answered
// that it is stored. The server knows each by its key, so that sending again is harmless.
"use strict";
(() => {
  const texts = document.currentScript.dataset;
  const prefix = `goldmine.result.${texts.user}.`;
  const json = { Accept: "application/json" };
  let sending = null;

  const kept = () => Object.keys(localStorage).filter((name) => name.startsWith(prefix)).sort()
    .map((name) => JSON.parse(localStorage.getItem(name)));
  const waiting = () => kept().filter((result) => !result.refused);
  const keep = (result) => localStorage.setItem(prefix + result.fields.key, JSON.stringify(result));
  const drop = (result) => localStorage.removeItem(prefix + result.fields.key);

  async function ask(address, options) {
    const stop = new AbortController();
    const clock = setTimeout(() => stop.abort(), 20000);
    try {
      return await fetch(address, { redirect: "manual", signal: stop.signal, headers: json, ...options });
    } catch {
      return null;
    } finally {
      clearTimeout(clock);
    }
  }

  async function token() {
    const answer = await ask(texts.session);
    if (!answer || !answer.ok) return null;
    const session = await answer.json();
    return session.user === texts.user ? session.csrf : null;
  }

  // "saved", "refused" for good, or "later": what is not answered for certain stays on the device.
  async function send(result, csrf) {
    const body = new URLSearchParams({ ...result.fields, csrfmiddlewaretoken: csrf });
    const answer = await ask(texts.result, { method: "POST", body });
    const said = answer && (await answer.json().catch(() => null));
    if (answer && answer.ok && said && said.saved) {
      drop(result);
      return { state: "saved", text: said.text };
    }
    if (answer && [404, 409, 422].includes(answer.status)) {
      return { state: "refused", text: (said && said.text) || texts.nothere };
    }
    return { state: "later" };
  }

  function sendAll() {
    sending ??= sendWaiting().finally(() => { sending = null; });
    return sending;
  }

  async function sendWaiting() {
    if (!waiting().length) return;
    const csrf = await token();
    for (const result of csrf ? waiting() : []) {
      const { state, text } = await send(result, csrf);
      if (state === "refused") keep({ ...result, refused: text });
      if (state === "later") break;
    }
    if (!waiting().length) refresh();
    show();
  }

  function refresh(text) {
    if (document.getElementById("day")) {
      htmx.ajax("GET", texts.page, { target: "#day", select: "#day", swap: "outerHTML" }).then(() => show(text));
    }
  }

  function line(name, text, kind) {
    let place = document.getElementById(name);
    if (!place) {
      place = document.createElement("p");
      place.id = name;
      place.setAttribute("role", "status");
      document.getElementById("main").prepend(place);
    }
    place.className = `note ${kind}`;
    place.textContent = text;
    place.hidden = !text;
    return place;
  }

  // What is on the device is said, and its cards are put away; the next card opens.
  function show(text) {
    const unsent = waiting();
    const refused = kept().filter((result) => result.refused);
    line("kept", unsent.length ? texts.kept.replace("{n}", unsent.length) : "", "");
    const place = line("refused", refused.length ? `${texts.refused} ` : "", "error");
    for (const result of refused) {
      const button = document.createElement("button");
      button.className = "quiet";
      button.textContent = `${result.fields.customer_id}: ${result.refused} \u2715`;
      button.addEventListener("click", () => { drop(result); show(); });
      place.append(button);
    }
    if (text !== undefined) line("said", text, "success");
    const gone = new Set(unsent.map((result) => result.fields.customer_id));
    const cards = [...document.querySelectorAll("details.contact")];
    for (const card of cards) {
      card.hidden = gone.has(card.dataset.customer);
      if (card.hidden) card.open = false;
    }
    if (!cards.some((card) => card.open)) {
      const next = cards.find((card) => !card.hidden);
      if (next) next.open = true;
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form.result")) return;
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(form, event.submitter));
    const csrf = fields.csrfmiddlewaretoken;
    delete fields.csrfmiddlewaretoken;
    const result = { fields };
    keep(result);
    show("");
    const { state, text } = await send(result, csrf);
    if (state === "refused") {
      drop(result);
      show("");
      form.closest("details.contact").open = true;
      line("said", text, "error");
    } else if (state === "saved") {
      refresh(text);
    } else {
      show("");
    }
  });

  // Whoever signs out leaves nothing behind, and nothing that was not sent yet.
  document.addEventListener("submit", async (event) => {
    if (event.target.getAttribute("action") !== texts.leave) return;
    event.preventDefault();
    await sendAll();
    if (waiting().length) {
      line("said", texts.unsent, "error");
      return;
    }
    await forget();
    event.target.submit();
  });

  async function forget() {
    for (const name of Object.keys(localStorage)) if (name.startsWith("goldmine.")) localStorage.removeItem(name);
    if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
  }

  async function begin() {
    if (localStorage.getItem("goldmine.user") !== texts.user) {
      if (window.caches) for (const name of await caches.keys()) await caches.delete(name);
      localStorage.setItem("goldmine.user", texts.user);
    }
    if ("serviceWorker" in navigator && document.getElementById("day")) {
      await navigator.serviceWorker.register(texts.worker, { scope: texts.page });
    }
    show();
    sendAll();
  }

  document.addEventListener("htmx:afterSettle", () => show());
  window.addEventListener("online", sendAll);
  setInterval(sendAll, 30000);
  begin();
})();
