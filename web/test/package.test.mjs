// parley-client in a real browser, on a page without https, as in a house without certificates: there is no navigator.locks there
// and no crypto.randomUUID. And in a window that keeps nothing.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { patient } from "../clients/testing/rounds.mjs";
import { PASSWORD, setUp, until } from "../clients/testing/world.mjs";
import { launch } from "./browser.mjs";

const entry = fileURLToPath(new URL("../client/src/index.ts", import.meta.url));
const built = await build({
  configFile: false,
  logLevel: "silent",
  build: { write: false, target: "es2023", lib: { entry, formats: ["es"] } },
});
const script = built[0].output[0].code;
const origin = "http://chat.lan";

// browserAt has our page at the origin; `visit` opens it in one more tab, with a Parley at an address.
async function browserAt(t) {
  const server = createServer((request, response) => {
    const isScript = request.url.endsWith(".js");
    response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : `<script type="module">import * as all from "/client.js"; globalThis.client = all;</script>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const browser = await launch(`--host-resolver-rules=MAP chat.lan:80 127.0.0.1:${server.address().port}`);
  t.after(() => browser.close());
  const context = await browser.newContext();
  const faults = [];
  const visit = async (url, before = () => {}) => {
    const page = await context.newPage();
    page.on("pageerror", (error) => faults.push(String(error)));
    await page.addInitScript(before);
    await page.goto(`${origin}/`);
    await page.waitForFunction(() => "client" in globalThis);
    await page.evaluate((address) => {
      globalThis.parley = new globalThis.client.Parley({ url: address, wait: () => new Promise((wake) => setTimeout(wake, 50)) });
    }, url);
    return page;
  };
  return { visit, faults };
}

const lan = { CORS_ALLOWED_ORIGINS: origin };

// By its id: without a server nobody knows what a name stands for.
const general = async (page, { session }) => {
  const { room } = await session.ask('{ room(id: "general") { id } }');
  await page.evaluate((id) => void (globalThis.room = globalThis.parley.signedIn.get().open(id)), room.id);
};

// shown is what a tab shows of the room: texts, and in brackets what has become of those that are not there yet.
const shown = (page) =>
  page.evaluate(() => {
    const { chats, waiting } = globalThis.room.view.get();
    return [...chats.map(({ text }) => text), ...waiting.map(({ text, state, fleeting }) => `${text} (${state}${fleeting ? ", fleeting" : ""})`)];
  });

const shows = (page, ...texts) => until(async () => (await shown(page)).join() === texts.join());

// What a page without https does not have.
const bare = () => [isSecureContext, "locks" in navigator, "randomUUID" in crypto];

test("a closed tab, two new ones, and a server that was away: sent once, shown by both, and signed out in both", patient, async (t) => {
  const { bob, proxy, server } = await setUp(t, lan);
  const { visit, faults } = await browserAt(t);
  const url = `${proxy.origin}/graphql`;
  const first = await visit(url);
  assert.deepEqual(await first.evaluate(bare), [false, false, false]);
  await first.evaluate((password) => globalThis.parley.session.login("ann", password), PASSWORD);
  await general(first, bob);
  await bob.send("hello");
  await shows(first, "hello");
  proxy.away = true;
  proxy.cut();
  await first.evaluate(() => void globalThis.room.send("kept"));
  await shows(first, "hello", "kept (waiting)");
  await first.close();

  const tabs = [await visit(url), await visit(url)];
  for (const tab of tabs) {
    await general(tab, bob);
    await shows(tab, "kept (waiting)");
  }
  await bob.send("meanwhile");
  proxy.away = false;
  for (const tab of tabs) await shows(tab, "hello", "meanwhile", "kept");
  assert.deepEqual(await server.texts(), ["hello", "meanwhile", "kept"]);

  await tabs[0].evaluate(() => globalThis.parley.signOut());
  await until(() => tabs[1].evaluate(() => globalThis.parley.session.state.get().status === "out"));
  assert.deepEqual(faults, []);
});

test("a window that keeps nothing is signed in as long as it is open", patient, async (t) => {
  const { bob, proxy } = await setUp(t, lan);
  const { visit, faults } = await browserAt(t);
  const page = await visit(`${proxy.origin}/graphql`, () => {
    const forbidden = { get: () => { throw new DOMException("forbidden", "SecurityError"); } };
    Object.defineProperty(globalThis, "localStorage", forbidden);
    Object.defineProperty(globalThis, "indexedDB", forbidden);
  });
  await page.evaluate((password) => globalThis.parley.session.login("ann", password), PASSWORD);
  await general(page, bob);
  proxy.away = true;
  proxy.cut();
  await page.evaluate(() => void globalThis.room.send("mine"));
  await shows(page, "mine (waiting, fleeting)");
  await bob.send("theirs");
  proxy.away = false;
  await shows(page, "theirs", "mine");
  assert.deepEqual(faults, []);
});
