// The list of rooms: what is in it, what asks for it, and what is offered.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { box, deaf, eventually, live, room, row, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

test("no chat of one's own asks for the rooms again", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  await send(server.origin, as.accessToken, "general", ["before"]);
  // The answer comes before the stream tells of it: what the page has not met yet is what makes it ask.
  const page = await visit(server, { as, path: "/room/general", prepare: deaf, troubled: true });
  const asked = [];
  page.on("request", (request) => {
    const [, name] = /(?:query|mutation) (\w+)/.exec(request.postData() ?? "") ?? [];
    if (name) asked.push(name);
  });
  await page.getByRole("link", { name: /^general.*before/s }).waitFor();
  await row(page, "before").waitFor();
  const answered = (name) => page.waitForResponse((answer) => answer.request().postData()?.includes(`mutation ${name}`));
  for (const text of ["one", "two", "three"]) await Promise.all([answered("SendChat"), say(page, text)]);
  await eventually(() => page.locator(".chat:not([data-state=waiting])").count(), 4);
  const since = () => asked.slice(asked.indexOf("SendChat"));
  assert.deepEqual(since(), ["SendChat", "SendChat", "SendChat"]);
  await box(page).press("ArrowUp");
  await page.getByRole("textbox", { name: "Your chat" }).fill("3");
  await Promise.all([answered("EditChat"), page.keyboard.press("Enter")]);
  await eventually(() => page.locator(".chat:not([data-state=waiting])").count(), 4);
  assert.deepEqual(since(), ["SendChat", "SendChat", "SendChat", "EditChat"]);
});

test("the room that is open is in the list, however many were active since", patient, async (t) => {
  const server = await mortal(t, { PARLEY_ROOM_CREATE_RATE: "0", PARLEY_MUTATION_RATE: "0" });
  const [as, bob] = await room(server.origin, "ann", "bob");
  for (let i = 0; i < 60; i++) await call(server.origin, as.accessToken, `mutation { createRoom(name: "room ${i}") { id } }`);
  const page = await visit(server, { as, path: "/room/general" });
  const link = page.getByRole("link", { name: /^general/ });
  const shown = () => link.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    const list = document.querySelector(".rooms").getBoundingClientRect();
    return element.ariaCurrent === "page" && top >= list.top && bottom <= list.bottom;
  });
  await link.waitFor();
  await eventually(shown, true);
  assert.equal(await page.locator(".room-link").count(), 51);

  // It is followed like the others, and there once.
  await live(page);
  const other = await visit(server, { as: bob, path: "/room/general" });
  await say(other, "so this goes on");
  await page.getByRole("link", { name: /^general.*bob: so this goes on/s }).waitFor();
  assert.equal(await link.count(), 1);
  await page.getByRole("link", { name: /^room 59/ }).click();
  await page.getByRole("heading", { level: 1, name: "room 59" }).waitFor();
  await eventually(() => link.count(), 1);
});

const remove = (page) => page.getByRole("button", { name: "Delete this room" });

test("deleting a room is offered to who owns it, and to nobody who would be refused", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "bob");
  const ann = await visit(server);
  await ann.getByRole("button", { name: "Create one" }).click();
  await ann.getByLabel("Username").fill("ann");
  await ann.getByLabel("Password").fill("correct horse battery");
  await ann.getByRole("button", { name: "Create an account" }).click();
  await ann.getByRole("button", { name: "New room" }).click();
  await ann.getByLabel("Name", { exact: true }).fill("annexe");
  await ann.getByRole("button", { name: "Make the room" }).click();
  await box(ann).waitFor();
  await ann.reload();
  await remove(ann).waitFor();
  await ann.getByRole("link", { name: "Browse public rooms" }).first().click();
  await ann.getByRole("link", { name: "general", exact: true }).click();
  await box(ann).waitFor();
  assert.equal(await remove(ann).count(), 0);

  const bob = await visit(server, { as, path: "/room/annexe" });
  await box(bob).waitFor();
  assert.equal(await remove(bob).count(), 0);
  await ann.getByRole("link", { name: /^annexe/ }).click();
  await remove(ann).click();
  await ann.getByRole("button", { name: "Delete the room" }).click();
  await bob.getByText("This room was deleted").waitFor();
  await eventually(() => bob.getByRole("link", { name: /^annexe/ }).count(), 0);
});
