// Emoji on chats: everybody sees them at once, one's own are marked, and what is refused is taken back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { eventually, fast, login, ready, room, row, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const pill = (page, name) => page.locator(".pills").getByRole("button", { name });

/** pills are what is on a chat: each emoji with its count, and a star if it is one's own. */
const pills = (page, text) =>
  row(page, text)
    .locator(".pill")
    .evaluateAll((all) => all.map((one) => one.textContent.replace("\uFE0F", "") + (one.ariaPressed === "true" ? "*" : "")));

const choose = async (page, text) => {
  await row(page, text).hover();
  await row(page, text).getByRole("button", { name: "React to this chat" }).click();
  return page.getByRole("dialog", { name: "React" });
};

/** stored is what the server has on the newest chat of "general": emoji, count, and whether it is one's own. */
const stored = async ({ origin }, { accessToken }) => {
  const query = `{ chats(room: "general", last: 1) { nodes { reactions { emoji count } myReactions } } }`;
  const [{ reactions, myReactions }] = (await call(origin, accessToken, query)).chats.nodes;
  return reactions.map(({ emoji, count }) => `${emoji}${count}${myReactions.includes(emoji) ? "*" : ""}`);
};

test("people react and take it back, and each knows which are their own, also on another device", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["shipped"]);
  const hers = await visit(server, { as: ann, path: "/room/general" });
  const his = await visit(server, { as: bob, path: "/room/general" });
  const phone = await visit(server, { as: await login(server.origin, "bob"), path: "/room/general" });
  await Promise.all([hers, his, phone].map(ready));

  const dialog = await choose(his, "shipped");
  await dialog.getByRole("button", { name: "👍" }).click();
  await eventually(() => pills(hers, "shipped"), ["👍1"]);
  for (const page of [his, phone]) await eventually(() => pills(page, "shipped"), ["👍1*"]);
  await his.getByRole("button", { name: "👍 by you" }).waitFor();
  assert.equal(await his.evaluate(() => document.activeElement.ariaLabel), "React to this chat");

  await pill(hers, "👍 by bob").click();
  await eventually(() => pills(his, "shipped"), ["👍2*"]);
  await pill(his, "👍 by you and ann").waitFor();
  await eventually(() => pills(hers, "shipped"), ["👍2*"]);

  // Whatever the field takes is one with what the stream says of it.
  for (const typed of ["❤️", " :done: "]) {
    await (await choose(hers, "shipped")).getByLabel(/^Another one/).fill(typed);
    await hers.keyboard.press("Enter");
    await pill(phone, typed === "❤️" ? /^❤/ : /^:done:/).waitFor(); // before the next: each is a request of its own
  }
  await eventually(() => pills(hers, "shipped"), ["👍2*", "❤1*", ":done:1*"]);
  await eventually(() => pills(phone, "shipped"), ["👍2*", "❤1", ":done:1"]);
  await pill(phone, /^👍/).click();
  await eventually(() => pills(his, "shipped"), ["👍1", "❤1", ":done:1"]);
  for (const page of [hers, his, phone]) await page.reload();
  await eventually(() => pills(hers, "shipped"), ["👍1*", "❤1*", ":done:1*"]);
  for (const page of [his, phone]) await eventually(() => pills(page, "shipped"), ["👍1", "❤1", ":done:1"]);

  await row(hers, "shipped").hover();
  await hers.getByRole("button", { name: "Delete this chat" }).click();
  await hers.getByRole("button", { name: "Delete", exact: true }).click();
  for (const page of [hers, his, phone]) await eventually(() => page.locator(".pill").count(), 0);
});

test("what is refused is taken back and said, and can be tried again", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["shipped"]);
  const his = await visit(server, { as: bob, path: "/room/general" });
  await ready(his);
  const full = { errors: [{ message: "full", extensions: { code: "LIMIT_REACHED", reason: "REACTIONS" } }] };
  const refuse = (route) => (route.request().postData()?.includes("mutation React") ? route.fulfill({ json: full }) : route.fallback());
  await his.route("**/graphql", refuse);
  await (await choose(his, "shipped")).getByRole("button", { name: "🎉" }).click();
  await his.getByRole("alert").getByText("🎉 was not put there. There are as many reactions on this chat as there can be.").waitFor();
  await eventually(() => pills(his, "shipped"), []);
  await his.getByRole("button", { name: "Dismiss" }).click();
  await eventually(() => his.getByRole("alert").count(), 0);
  await (await choose(his, "shipped")).getByRole("button", { name: "🎉" }).click();
  await his.getByRole("alert").waitFor();
  await his.unroute("**/graphql", refuse);
  await his.getByRole("button", { name: "Try again" }).click();
  await eventually(() => pills(his, "shipped"), ["🎉1*"]);
  await eventually(() => stored(server, bob), ["🎉1*"]);

  await his.route("**/graphql", refuse);
  await pill(his, "🎉 by you").click();
  await his.getByText("🎉 was not taken away.").waitFor();
  await eventually(() => pills(his, "shipped"), ["🎉1*"]);
  await his.unroute("**/graphql", refuse);
  await (await choose(his, "shipped")).getByLabel(/^Another one/).fill("far too long to be an emoji, isn't it");
  await his.keyboard.press("Enter");
  await his.getByText("A reaction is one emoji, or one short word.").waitFor();
  await eventually(() => pills(his, "shipped"), ["🎉1*"]);
});

test("who clicks faster than the server answers ends where the last click was", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await send(server.origin, ann.accessToken, "general", ["shipped"]);
  await call(server.origin, ann.accessToken, `{ chats(room: "general", last: 1) { nodes { id } } }`).then(({ chats }) =>
    call(server.origin, ann.accessToken, `mutation ($chat: ID!) { react(chat: $chat, emoji: "👀") { id } }`, { chat: chats.nodes[0].id }),
  );
  const his = await visit(server, { as: bob, path: "/room/general" });
  await ready(his);
  const held = [];
  let asked = 0;
  await his.route("**/graphql", async (route) => {
    if (!route.request().postData()?.includes("mutation React")) return route.fallback();
    if (++asked === 1) await new Promise((go) => held.push(go));
    return route.fallback();
  });
  for (const want of ["👀2*", "👀1", "👀2*", "👀1"]) {
    await pill(his, /^👀/).click();
    await eventually(() => pills(his, "shipped"), [want]);
  }
  await eventually(() => held.length, 1);
  held[0]();
  await eventually(() => asked, 2);
  await eventually(() => stored(server, bob), ["👀1"]);
  await eventually(() => pills(his, "shipped"), ["👀1"]);
  assert.equal(asked, 2, "what was meant in between is not sent");
});
