// What was sent and has not arrived is sent once, whatever becomes of it meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, log, mortal } from "./mortal.mjs";
import { answered, box, deaf, edit, eventually, kept, login, ready, room, row, say, sends, stored, texts, visit, waiting } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("what waited when the tab was closed is sent once when it opens again", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general", troubled: true });
  await ready(page);
  await say(page, "before");
  await answered(page, "before").hover();
  await server.kill();
  await page.getByRole("button", { name: "Edit this chat" }).click();
  await edit(page).fill("before that");
  await edit(page).press("Enter");
  for (const text of ["one", "two"]) await say(page, text);
  await eventually(() => waiting(page).count(), 2);
  await page.getByText("The change waits to be sent").waitFor();
  await page.close();
  await server.start();
  const next = await page.another("/room/general");
  await eventually(() => texts(next), ["before that (edited)", "one", "two"]);
  await eventually(() => stored(server, as), ["before that", "one", "two"]);
  await eventually(() => kept(next), []);
});

test("what a closed tab left is sent by another that is still open", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const one = await visit(server, { as, path: "/room/general", troubled: true });
  const two = await one.another("/room/general");
  await Promise.all([ready(one), ready(two)]);
  await one.route("**/graphql", (route) => route.abort());
  await say(one, "left behind");
  await eventually(() => waiting(one).count(), 1);
  await one.close({ runBeforeUnload: true });
  await row(two, "left behind").waitFor();
  await eventually(() => stored(server, as), ["left behind"]);
});

test("two tabs send what waits in both of them once and in order", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const one = await visit(server, { as, path: "/room/general", troubled: true });
  const two = await one.another("/room/general");
  await Promise.all([ready(one), ready(two)]);
  await server.kill();
  const want = ["a1", "b1", "a2", "b2"];
  for (const text of want) await say(text.startsWith("a") ? one : two, text);
  await server.start();
  await eventually(async () => (await stored(server, as)).toSorted(), want.toSorted());
  const all = await stored(server, as);
  for (const tab of ["a", "b"]) assert.deepEqual(all.filter((text) => text.startsWith(tab)), [`${tab}1`, `${tab}2`]);
  for (const page of [one, two]) await eventually(() => texts(page), all);
  await eventually(() => kept(one), []);
});

test("a waiting chat is edited and discarded, and the arrow up takes the newest", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general", troubled: true });
  await ready(page);
  await say(page, "zero");
  await answered(page, "zero").waitFor();
  await server.kill();
  for (const text of ["one", "too", "three", "four"]) await say(page, text);
  await eventually(() => waiting(page).count(), 4);
  await row(page, "too").getByRole("button", { name: "Edit" }).click();
  await edit(page).fill("two");
  await edit(page).press("Enter");
  await row(page, "three").getByRole("button", { name: "Discard" }).click();
  await eventually(() => texts(page), ["zero", "one", "two", "four"]);
  await box(page).press("ArrowUp");
  await eventually(() => edit(page).inputValue(), "four");
  await edit(page).fill("4");
  await edit(page).press("Enter");
  await server.start();
  await eventually(() => stored(server, as), ["zero", "one", "two", "4"]);
  await eventually(() => texts(page), ["zero", "one", "two", "4"]);
  await eventually(() => waiting(page).count(), 0);
});

// From here on sends are stored, and nobody answers. Returns how to undo that, once it has happened.
async function mute(page) {
  let lost;
  const happened = new Promise((resolve) => {
    lost = resolve;
  });
  await page.route("**/graphql", async (route) => {
    if (!sends(route)) return route.continue();
    await route.fetch();
    await route.abort("connectionreset");
    return lost();
  });
  return { happened, undo: () => page.unrouteAll({ behavior: "wait" }) };
}

test("a waiting chat is not sent while it is edited, and what comes after it in its room waits too", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  await call(server.origin, as.accessToken, `mutation { createRoom(name: "other") { id } }`);
  const page = await visit(server, { as, path: "/room/other", troubled: true });
  await ready(page);
  await page.getByRole("link", { name: /^general/ }).click();
  await page.getByRole("textbox", { name: "Write to general" }).waitFor();
  await server.kill();
  for (const text of ["one", "two"]) await say(page, text);
  await page.getByRole("link", { name: /^other/ }).click();
  const other = page.getByRole("textbox", { name: "Write to other" });
  await other.fill("elsewhere");
  await other.press("Enter");
  await page.getByRole("link", { name: /^general/ }).click();
  await row(page, "one").getByRole("button", { name: "Edit" }).click();
  await server.start();
  // Its turn comes after theirs.
  await eventually(async () => (await log(server.origin, as.accessToken, "other")).length, 1);
  assert.deepEqual(await stored(server, as), []);
  await edit(page).fill("1");
  await edit(page).press("Enter");
  await eventually(() => texts(page), ["1", "two"]);
  await eventually(() => stored(server, as), ["1", "two"]);
});

test("a chat that was stored without an answer is edited into one chat, not two", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general", troubled: true, prepare: deaf });
  await box(page).waitFor();
  const { happened, undo } = await mute(page);
  await say(page, "tpyo");
  await happened;
  await eventually(() => waiting(page).count(), 1);
  assert.deepEqual(await stored(server, as), ["tpyo"]);
  await row(page, "tpyo").getByRole("button", { name: "Edit" }).click();
  await edit(page).fill("typo");
  await edit(page).press("Enter");
  await eventually(() => texts(page), ["typo"]);
  await undo();
  await eventually(() => stored(server, as), ["typo"]);
  await eventually(() => waiting(page).count(), 0);
  const other = await visit(server, { as: await login(server.origin, "ann"), path: "/room/general" });
  await eventually(() => texts(other), ["typo (edited)"]);
});

test("a chat that was stored without an answer and is discarded does not stay", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general", troubled: true, prepare: deaf });
  await box(page).waitFor();
  const { happened, undo } = await mute(page);
  await say(page, "in anger");
  await happened;
  await eventually(() => waiting(page).count(), 1);
  await row(page, "in anger").getByRole("button", { name: "Discard" }).click();
  await eventually(() => texts(page), []);
  await page.reload(); // it is not forgotten that it may have to be taken back
  await undo();
  await eventually(() => stored(server, as), [null]);
  await eventually(() => kept(page), []);
});

const storages = {
  full: () => {
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (key, text) {
      if (key.startsWith("parley.kept.")) throw new DOMException("full", "QuotaExceededError");
      setItem.call(this, key, text);
    };
  },
  forbidden: () => {
    for (const name of ["localStorage", "sessionStorage"]) {
      Object.defineProperty(globalThis, name, {
        get() {
          throw new DOMException("forbidden", "SecurityError");
        },
      });
    }
  },
};

for (const [how, prepare] of Object.entries(storages)) {
  test(`with storage ${how} one writes, edits and sends, and is warned before what waits is lost`, patient, async (t) => {
    const server = await mortal(t);
    const [as] = await room(server.origin, "ann");
    const page = await visit(server, { path: "/room/general", troubled: true, prepare });
    await page.getByLabel("Username").fill("ann");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await ready(page);
    await say(page, "one");
    await row(page, "one").waitFor();
    await box(page).press("ArrowUp");
    await edit(page).fill("1");
    await edit(page).press("Enter");
    await eventually(() => stored(server, as), ["1"]);
    await server.kill();
    await say(page, "two");
    await eventually(() => waiting(page).count(), 1);
    const warned = page.waitForEvent("dialog");
    void page.close({ runBeforeUnload: true });
    const dialog = await warned;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await server.start();
    await eventually(() => stored(server, as), ["1", "two"]);
  });
}
