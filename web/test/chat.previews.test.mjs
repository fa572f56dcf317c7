// What a bot has written so far is shown as text that grows, and then as its chat.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { eventually, fast, login, ready, room, row, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const writing = (page) => page.locator('.chat[data-state="writing"]');
const lines = (n) => Array.from({ length: n }, (_, i) => `line ${i}`).join("\n");
const shown = (page) => writing(page).locator(".text").allInnerTexts();

// A room with ann, bob and a bot, which has said hello.
async function scene(t) {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await server.shell("admin", "add", "ann");
  const { accessToken } = await login(server.origin, "ann");
  const { createBot } = await call(server.origin, accessToken, `mutation { createBot(username: "robot") { token } }`);
  await send(server.origin, createBot.token, "general", ["hello"]);
  const show = (preview) =>
    call(server.origin, createBot.token, `mutation ($preview: String) { setTyping(room: "general", preview: $preview) { id } }`, { preview });
  const say = (text) => send(server.origin, createBot.token, "general", [text]);
  return { server, ann, bob, show, say };
}

test("what a bot writes grows at the end of the room until its chat is there", patient, async (t) => {
  const { server, ann, show, say } = await scene(t);
  const page = await visit(server, { as: ann, path: "/room/general" });
  await ready(page);
  await eventually(async () => {
    await show("The weather");
    return shown(page);
  }, ["The weather"]);
  const begun = await writing(page).locator("time").getAttribute("datetime");
  await eventually(async () => {
    await show("The weather is\n<b>fine</b>");
    return shown(page);
  }, ["The weather is\n<b>fine</b>"]);
  assert.equal(await writing(page).locator("time").getAttribute("datetime"), begun);
  assert.equal(await writing(page).getAttribute("aria-busy"), "true");
  assert.equal(await writing(page).getByRole("button", { name: /React|Reply|Delete/ }).count(), 0);
  assert.equal(await page.locator(".typing").innerText(), "", "it is said twice who is writing");
  await send(server.origin, ann.accessToken, "general", ["meanwhile"]);
  await row(page, "meanwhile").waitFor();
  assert.deepEqual((await page.locator(".list .text").allInnerTexts()).slice(-2), ["meanwhile", "The weather is\n<b>fine</b>"]);

  // At no moment are both there, or neither.
  await page.evaluate(() => {
    globalThis.seen = [];
    new MutationObserver(() => {
      const texts = [...document.querySelectorAll(".list .text")].map(({ textContent }) => textContent);
      globalThis.seen.push(texts.filter((text) => text.startsWith("The weather")).length);
    }).observe(document.querySelector(".list"), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  await say("The weather is fine today.");
  await row(page, "The weather is fine today.").and(page.locator(":not([data-state])")).waitFor();
  await eventually(() => shown(page), []);
  assert.deepEqual([...new Set(await page.evaluate(() => globalThis.seen))], [1]);
});

test("what a bot has written goes after six seconds, or when it only types", patient, async (t) => {
  const { server, ann, show } = await scene(t);
  const page = await visit(server, { as: ann, path: "/room/general" });
  await ready(page);
  const typing = () => page.locator(".typing").innerText();
  await eventually(async () => {
    await show("");
    return typing();
  }, "robot bot is typing…");
  assert.deepEqual(await shown(page), []);
  await eventually(async () => {
    await show("half a thought");
    return shown(page);
  }, ["half a thought"]);
  assert.equal(await typing(), "");
  await eventually(async () => {
    await show(null);
    return typing();
  }, "robot bot is typing…");
  assert.deepEqual(await shown(page), []);
  await eventually(async () => {
    await show("another");
    return shown(page);
  }, ["another"]);
  await eventually(() => shown(page), []); // six seconds after it was told last
  assert.equal(await typing(), "");
});

test("who is at the end of a room sees the end of what a bot writes", patient, async (t) => {
  const { server, ann, bob, show, say } = await scene(t);
  for (let n = 0; n < 30; n++) await say(`chat ${n}`);
  const page = await visit(server, { as: ann, path: "/room/general" });
  await ready(page);
  for (const n of [1, 30, 90]) {
    await eventually(async () => {
      await show(lines(n));
      return shown(page);
    }, [lines(n)]);
    await eventually(
      () => page.locator(".list").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2),
      true,
    );
  }
  const beside = await visit(server, { as: bob, path: "/room/general" });
  await ready(beside);
  assert.deepEqual(await shown(beside), [], "who comes later is told what was written");
});
