// Keeps the last shown page of the day, with its sheet and scripts, for a village without a signal: for today only.
"use strict";
const PATIENCE = 8000;
const DAY = new URL(self.registration.scope).pathname;
const name = () => `goldmine-day ${new Date().toDateString()}`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  const ours = address.origin === self.location.origin;
  const wanted = address.pathname === DAY || address.pathname.startsWith("/static/");
  if (event.request.method === "GET" && ours && wanted) event.respondWith(fresh(event.request, address.pathname));
});

async function fresh(request, path) {
  for (const other of await caches.keys()) if (other !== name()) await caches.delete(other);
  const cache = await caches.open(name());
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
  const asked = fetch(request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await cache.put(path, answer.clone());
    return answer;
  }, () => null);
  const answer = await Promise.race([asked, late]);
  if (answer && answer.status < 500) return answer;
  return (await cache.match(path)) || answer || (await asked) || Response.error();
}
