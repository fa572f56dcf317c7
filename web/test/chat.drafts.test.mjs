// What somebody began to write is never lost: not by a reload, another room or a closed tab, and not to somebody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal } from "./mortal.mjs";
import { answered, box, cutOff, edit, eventually, kept, live, login, room, row, say, stored, texts, visit, waiting } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("a draft outlives another room, a reload and a closed tab", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  await call(server.origin, as.accessToken, `mutation { createRoom(name: "other") { id } }`);
  const page = await visit(server, { as, path: "/room/general" });
  await box(page).fill("half a th");
  await page.getByRole("link", { name: /^other/ }).click();
  await page.getByRole("textbox", { name: "Write to other" }).fill("elsewhere");
  await page.getByRole("link", { name: /^general.*Draft/s }).click();
  await eventually(() => box(page).inputValue(), "half a th");
  await page.reload();
  await eventually(() => box(page).inputValue(), "half a th");
  const next = await page.another("/room/other");
  await page.close();
  await eventually(() => box(next).inputValue(), "elsewhere");
  await box(next).press("Enter");
  await row(next, "elsewhere").waitFor();
  await next.reload();
  await row(next, "elsewhere").waitFor();
  assert.equal(await box(next).inputValue(), "");
  await next.getByRole("link", { name: /^general.*Draft/s }).waitFor();
});

test("a change outlives another room, a reload and a closed tab, and leaves the draft alone", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  await call(server.origin, as.accessToken, `mutation { createRoom(name: "other") { id } }`);
  const page = await visit(server, { as, path: "/room/general" });
  await say(page, "frist");
  await answered(page, "frist").hover();
  await box(page).fill("a draft");
  await page.getByRole("button", { name: "Edit this chat" }).click();
  await edit(page).fill("first");
  await page.getByRole("link", { name: /^other/ }).click();
  await page.getByRole("textbox", { name: "Write to other" }).waitFor();
  await page.getByRole("link", { name: /^general/ }).click();
  await eventually(() => edit(page).inputValue(), "first");
  await page.reload();
  await eventually(() => edit(page).inputValue(), "first");
  const next = await page.another("/room/general");
  await page.close();
  await eventually(() => edit(next).inputValue(), "first");
  await edit(next).press("Enter");
  await eventually(() => texts(next), ["first (edited)"]);
  await eventually(() => stored(server, as), ["first"]);
  assert.equal(await box(next).inputValue(), "a draft");
});

test("what was written to a room that is deleted meanwhile is shown", patient, async (t) => {
  const server = await mortal(t);
  const [as, bob] = await room(server.origin, "ann", "bob");
  const page = await visit(server, { as: bob, path: "/room/general", troubled: true });
  await live(page);
  await cutOff(page);
  await say(page, "waits");
  await box(page).fill("is begun");
  await call(server.origin, as.accessToken, `mutation { deleteRoom(room: "general") }`);
  await page.getByText("This room was deleted").waitFor();
  for (const text of ["waits", "is begun"]) await page.locator("blockquote", { hasText: text }).waitFor();
  await page.getByRole("button", { name: "Discard it" }).click();
  await eventually(() => kept(page), []);
  assert.equal(await page.locator("blockquote").count(), 0);
});

test("of a hundred and fifty drafts those that were begun last are kept", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as });
  await page.evaluate((prefix) => {
    for (let i = 0; i < 150; i++) localStorage.setItem(`${prefix}${i}`, JSON.stringify({ text: `draft ${i}`, at: i }));
  }, `parley.kept.${as.user.id}.write.`);
  await page.goto(`${server.origin}/room/general`);
  await box(page).fill("the latest");
  await eventually(async () => (await kept(page)).length, 100);
  const all = await page.evaluate(() => Object.values(localStorage).join());
  for (const text of ["the latest", "draft 149", "draft 51"]) assert.ok(all.includes(text), text);
  assert.ok(!all.includes("draft 50"));
});

test("signing out with something unsent asks, and then leaves nothing", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general", troubled: true });
  await live(page);
  await cutOff(page);
  await say(page, "waits");
  await box(page).fill("is begun");
  const question = page.getByRole("dialog", { name: "Sign out with something unsent?" });
  for (const name of ["Sign out", "Sign out here"]) {
    await page.getByRole("link", { name: "Your sign-ins" }).click();
    await page.getByRole("button", { name, exact: true }).click();
    for (const text of ["waits", "is begun"]) await question.getByText(text).waitFor();
    await question.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("link", { name: /^general/ }).click();
    await eventually(() => box(page).inputValue(), "is begun");
    await eventually(() => texts(page), ["waits"]);
  }
  await page.getByRole("button", { name: "Sign out" }).click();
  await question.getByRole("button", { name: "Sign out and delete" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("parley."))), []);
});

test("who was signed out finds what they wrote, and who signs in after them does not", patient, async (t) => {
  const server = await mortal(t);
  const [ann] = await room(server.origin, "ann", "bob");
  const page = await visit(server, { as: ann, path: "/room/general", troubled: true });
  await live(page);
  const end = async () => {
    const { accessToken } = await login(server.origin, "ann");
    await call(server.origin, accessToken, `mutation { logout(scope: OTHERS) }`);
    await page.getByText("This sign-in was ended.").waitFor();
  };
  const enter = async (name) => {
    await page.getByLabel("Username").fill(name);
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await box(page).waitFor();
  };
  await cutOff(page);
  await say(page, "a secret that waits");
  await box(page).fill("a secret that is begun");
  await eventually(() => waiting(page).count(), 1);
  await end();
  await enter("ann");
  assert.equal(await box(page).inputValue(), "a secret that is begun");
  await eventually(() => waiting(page).count(), 1);
  await end();
  await page.unrouteAll({ behavior: "wait" });
  await enter("bob");
  assert.equal(await box(page).inputValue(), "");
  await say(page, "bob was here");
  await row(page, "bob was here").waitFor();
  assert.deepEqual(await texts(page), ["bob was here"]);
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage })), /secret/);
});
