// Pages of another origin, as Vite's dev server gives: they may use the API out of the box, in all its ways.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { launch } from "./browser.mjs";
import { botOf, PASSWORD, setUp, until } from "../clients/testing/world.mjs";
import { PATIENCE, patient } from "../clients/testing/rounds.mjs";

const source = fileURLToPath(new URL("../clients/testing/page.tsx", import.meta.url));
const { output } = await build({
  configFile: false,
  logLevel: "silent",
  define: { "process.env.NODE_ENV": JSON.stringify("development") },
  build: { write: false, minify: false, lib: { entry: source, formats: ["es"] } },
}).then((built) => built[0]);

// visit opens the page at an origin, which is a server of ours on another port: 5173 may be in use.
async function visit(t, origin) {
  const server = createServer((request, response) => {
    const script = request.url.endsWith(".js");
    response.setHeader("Content-Type", script ? "text/javascript" : "text/html");
    response.end(script ? output[0].code : `<main></main><script type="module" src="/page.js"></script>`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const rule = `MAP ${new URL(origin).host} 127.0.0.1:${server.address().port}`;
  const browser = await launch(`--host-resolver-rules=${rule}`);
  t.after(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => "events" in globalThis);
  return { page, complaints };
}

test("every recipe works in a page on Vite's address", patient, async (t) => {
  const { bob, proxy, server } = await setUp(t);
  const { page, complaints } = await visit(t, "http://localhost:5173");
  const shown = (text) => page.getByRole("listitem").getByText(text).waitFor();
  for (const recipe of ["apollo", "urql", "graphql-ws", "sse"]) {
    await page.evaluate((args) => globalThis.show(...args), [recipe, `${proxy.origin}/graphql`, "ann", PASSWORD]);
    await bob.send(`before, ${recipe}`);
    await shown(`before, ${recipe}`);
    await page.getByLabel("Text").fill(`mine, ${recipe}`);
    await page.getByLabel("Text").press("Enter");
    await shown(new RegExp(`^\\d+ mine, ${recipe}`)); // with its number: it is stored
    proxy.cut();
    await bob.send(`after, ${recipe}`);
    await shown(`after, ${recipe}`);
    const chats = (await server.read()).map(({ number, text }) => `${number} ${text}`);
    await page.getByText(chats.at(-1)).waitFor();
    assert.deepEqual(await page.getByRole("listitem").allTextContents(), chats);
    await page.evaluate(() => globalThis.hide());
  }
  // The browser itself complains of the connections that were cut; nobody else may.
  assert.deepEqual(
    complaints.filter((text) => !/net::ERR_|WebSocket connection to .* failed/.test(text)),
    [],
  );
});

test("a room that is left leaves nothing behind, and an ended session is told", patient, async (t) => {
  const { bob, proxy, session } = await setUp(t);
  await bob.send("in general");
  await bob.session.ask(`mutation { createRoom(name: "garden") { id } }`);
  const { page } = await visit(t, "http://localhost:5173");
  const shown = (text) => page.getByRole("listitem").getByText(text).waitFor();
  for (const recipe of ["apollo", "urql", "graphql-ws", "sse"]) {
    await page.evaluate((args) => globalThis.show(...args), [recipe, `${proxy.origin}/graphql`, "ann", PASSWORD]);
    await shown("in general");
    await page.getByRole("button", { name: "general" }).click();
    await page.getByLabel("Text").fill(`in garden, ${recipe}`);
    await page.getByLabel("Text").press("Enter");
    await shown(`in garden, ${recipe}`);
    await page.getByRole("button", { name: "garden" }).click();
    await shown("in general");
    const rendered = await page.evaluate(() => globalThis.rendered);
    for (const [name, ...texts] of rendered) {
      for (const text of texts) assert.ok(text.startsWith(`in ${name}`), `${text} was shown in ${name}`);
    }
    await session.ask("mutation { logout(scope: OTHERS) }");
    await page.getByRole("status").getByText("signed out").waitFor();
    await page.waitForFunction(() => document.title === "SESSION_REVOKED");
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.evaluate(() => globalThis.hide());
    await page.evaluate(() => (document.title = ""));
  }
});

test("reactions, who is typing and what bots are writing, in React with every recipe", patient, async (t) => {
  const { bob, parley, proxy, session } = await setUp(t, { MUTATION_RATE: "0" });
  const robot = await botOf(t, parley);
  const { page } = await visit(t, "http://localhost:5173");
  for (const recipe of ["apollo", "urql", "graphql-ws", "sse"]) {
    await page.evaluate((args) => globalThis.show(...args), [recipe, `${proxy.origin}/graphql`, "ann", PASSWORD]);
    const { id } = (await bob.send(`with ${recipe}`)).sendChat;
    await bob.session.ask(`mutation ($id: ID!) { react(chat: $id, emoji: "👍") { id } }`, { id });
    const row = page.getByRole("listitem").filter({ hasText: `with ${recipe}` });
    await row.getByRole("button", { name: "👍 1", pressed: false }).click();
    await row.getByRole("button", { name: "👍 2", pressed: true }).waitFor();
    const own = async () => (await session.ask("query ($id: ID!) { chat(id: $id) { myReactions } }", { id })).chat.myReactions;
    await until(async () => (await own()).join() === "👍");
    await until(async () => {
      await bob.session.ask(`mutation { setTyping(room: "general") { id } }`);
      return page.getByText("bob typing").isVisible();
    });
    await bob.send("I have said it");
    await page.getByText("bob typing").waitFor({ state: "hidden" });
    await until(async () => {
      await robot(`mutation ($text: String) { setTyping(room: "general", preview: $text) { id } }`, `for ${recipe}`);
      return page.getByText(`robot writes for ${recipe}`).isVisible();
    });
    await robot(`mutation ($text: String!) { sendChat(room: "general", text: $text) { id } }`, "I have said it, too");
    await page.getByText("robot writes").waitFor({ state: "hidden" });
    let told = 0;
    proxy.holds = (bytes) => {
      if (bytes.includes("setTyping(")) told++;
      return false;
    };
    await page.getByLabel("Text").press("x");
    await until(() => told === 1);
    await page.evaluate(() => globalThis.hide());
  }
});

test("a page may say where its stream goes on", patient, async (t) => {
  const { bob, parley, session } = await setUp(t);
  for (const text of ["one", "two"]) await bob.send(text);
  const { chats } = await session.ask(`{ chats(room: "general") { nodes { cursor } } }`);
  const [one, two] = chats.nodes.map(({ cursor }) => cursor);
  const { page } = await visit(t, "http://localhost:5173");
  const query = `subscription { chatSent(room: "general") { text } }`;
  const events = (...args) => page.evaluate((given) => globalThis.events(...given), args);
  const lines = await events(parley.url, await session.token(), one, query);
  assert.deepEqual(lines.slice(-5), [
    "event: next",
    `id: ${two}`,
    `data: {"data":{"chatSent":{"text":"two"}}}`,
    "",
    "",
  ]);
});

test("a page of an origin that is not listed may not", patient, async (t) => {
  const { parley } = await setUp(t);
  const { page } = await visit(t, "http://localhost:5174");
  const asked = page.evaluate((args) => globalThis.show(...args), ["sse", parley.url, "ann", PASSWORD]);
  await assert.rejects(asked, /Failed to fetch/);
});
