// What one has not read: counted in the list, marked as read by looking at it, and by nothing else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { call, mortal, send } from "./mortal.mjs";
import { box, eventually, fast, live, login, room, row, say, visit } from "./people.mjs";
import { patient } from "../clients/testing/rounds.mjs";

const link = (page, name) => page.getByRole("link", { name });

/** two makes ann and bob, who are both in "general" and in "other". */
async function two(server) {
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await call(server.origin, ann.accessToken, `mutation { createRoom(name: "other") { id } }`);
  for (const name of ["general", "other"]) {
    await call(server.origin, bob.accessToken, `mutation ($room: ID!) { joinRoom(room: $room) { id } }`, { room: name });
  }
  return [ann, bob];
}

const unread = async (server, as, name) => {
  const query = `query ($room: ID!) { room(id: $room) { unreadCount mentionCount } }`;
  const { unreadCount, mentionCount } = (await call(server.origin, as.accessToken, query, { room: name })).room;
  return [unreadCount, mentionCount];
};

/** last is the id of the newest chat of a room. */
const last = async (server, as, name) =>
  (await call(server.origin, as.accessToken, `query ($room: ID!) { chats(room: $room, last: 1) { nodes { id } } }`, { room: name })).chats.nodes[0].id;

// Other tabs are told at most once, so it may take another time.
async function cleared(page, again) {
  for (;;) {
    try {
      return await eventually(() => link(page, /unread$/).count(), 0, 10_000);
    } catch {
      await again();
    }
  }
}

test("what others say is counted and marked until it is seen, in every tab and on every device", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await two(server);
  await send(server.origin, ann.accessToken, "other", ["read by whoever looks"]);
  const his = await visit(server, { as: bob, path: "/room/other" });
  await Promise.all([live(his), row(his, "read by whoever looks").waitFor()]);
  await eventually(() => unread(server, bob, "other"), [0, 0]);
  assert.equal(await his.getByText("New", { exact: true }).count(), 1, "the line above the first that was not read");
  await link(his, /^general/).click();
  await box(his).waitFor();
  const tab = await his.another("/");
  const phone = await visit(server, { as: await login(server.origin, "bob") });
  const pages = [his, tab, phone];
  await Promise.all(pages.map(live));

  await send(server.origin, ann.accessToken, "other", ["one", "two, @bob", "three"]);
  for (const page of pages) await link(page, /^other.*@ for you: 1 3 unread$/s).waitFor();
  // What the list says is what the server says, also when it is asked again.
  await tab.reload();
  await link(tab, /^other.*@ for you: 1 3 unread$/s).waitFor();
  assert.deepEqual(await unread(server, bob, "other"), [3, 1]);

  await link(his, /^other/).click();
  await row(his, "three").waitFor();
  await his.getByText("New", { exact: true }).waitFor();
  const next = await his.locator("li:has(.fresh) .text").innerText();
  assert.equal(next, "one");
  await eventually(() => unread(server, bob, "other"), [0, 0]);
  for (const page of [tab, phone]) await cleared(page, () => send(server.origin, ann.accessToken, "other", ["three"]));
  await his.reload();
  await row(his, "three").first().waitFor();
  assert.equal(await his.locator(".fresh").count(), 0);

  // One's own are nothing to be read, and mark nothing.
  await say(his, "four");
  await link(phone, /^other.*bob: four$/s).waitFor();
  await send(server.origin, ann.accessToken, "other", Array.from({ length: 120 }, (_, i) => `more ${i}`));
  await link(phone, /^other.*more 119/s).waitFor();
});

test("a hundred and more are 99+, and the line stands where the first of them is once that is read", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await two(server);
  const his = await visit(server, { as: bob });
  await live(his);
  await send(server.origin, ann.accessToken, "other", Array.from({ length: 120 }, (_, i) => `chat ${i}`));
  await link(his, /^other.* 99\+ unread$/s).waitFor();
  await link(his, /^other/).click();
  await row(his, "chat 119").waitFor();
  assert.equal(await his.locator(".fresh").count(), 0);
  await his.evaluate(async () => {
    const list = document.querySelector(".list");
    while (!document.querySelector(".beginning")) {
      list.scrollTop = 0;
      await new Promise(requestAnimationFrame);
    }
  });
  await eventually(() => his.locator("li:has(.fresh) .text").allInnerTexts(), ["chat 0"]);
});

test("what is deleted counts no more, and who is mentioned by an edit sees that", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await two(server);
  const his = await visit(server, { as: bob });
  await live(his);
  await link(his, /^other/).waitFor();
  const change = (query, chat) => call(server.origin, ann.accessToken, query, { chat });
  const remove = (chat) => change(`mutation ($chat: ID!) { deleteChat(chat: $chat) { id } }`, chat);
  const name = (chat) => change(`mutation ($chat: ID!) { editChat(chat: $chat, text: "@bob") { id } }`, chat);
  // By turns what the page has heard of, and what the server has counted before it was loaded.
  for (const again of [false, true]) {
    const there = again ? 1 : 0;
    await send(server.origin, ann.accessToken, "other", ["one", "two"]);
    await link(his, new RegExp(`^other.* ${there + 2} unread$`, "s")).waitFor();
    const chat = await last(server, ann, "other");
    if (again) {
      await his.reload();
      await Promise.all([live(his), link(his, new RegExp(`^other.* ${there + 2} unread$`, "s")).waitFor()]);
    }
    await name(chat);
    await link(his, new RegExp(`^other.*@ for you: 1 ${there + 2} unread$`, "s")).waitFor();
    await remove(chat);
    await link(his, new RegExp(`^other.*[^:] ?${there + 1} unread$`, "s")).waitFor();
    await eventually(() => his.locator(".badge.mention").count(), 0);
  }
});

// The page is hidden as the browser says it when another tab is in front.
function canBeHidden() {
  globalThis.away = true;
  Object.defineProperty(Document.prototype, "visibilityState", { get: () => (globalThis.away ? "hidden" : "visible") });
}

const front = (page, away) =>
  page.evaluate((now) => {
    globalThis.away = now;
    document.dispatchEvent(new Event("visibilitychange"));
  }, away);

test("what is not in sight stays unread: in a tab behind others, or below what is read", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await two(server);
  await send(server.origin, ann.accessToken, "other", Array.from({ length: 60 }, (_, i) => `chat ${i}`));
  const his = await visit(server, { as: bob, path: "/room/other", prepare: canBeHidden });
  await Promise.all([live(his), row(his, "chat 59").waitFor()]);
  const marks = [];
  his.on("request", (request) => request.postData()?.includes("mutation MarkRead") && marks.push(request));
  await send(server.origin, ann.accessToken, "other", ["behind"]);
  await row(his, "behind").waitFor();
  assert.deepEqual(await unread(server, bob, "other"), [61, 0]);
  await front(his, false);
  await eventually(() => unread(server, bob, "other"), [0, 0]);

  await his.locator(".list").evaluate((list) => list.scrollTo(0, 0));
  await his.getByRole("button", { name: "To the newest" }).waitFor();
  const before = marks.length;
  await send(server.origin, ann.accessToken, "other", ["below"]);
  await his.getByRole("button", { name: "1 new chat" }).waitFor();
  assert.deepEqual(await unread(server, bob, "other"), [1, 0]);
  assert.equal(marks.length, before);
  await his.getByRole("button", { name: "1 new chat" }).click();
  await eventually(() => unread(server, bob, "other"), [0, 0]);
});

test("a room is marked at most once a second, with the newest chat, until the server answers", patient, async (t) => {
  const server = await mortal(t, fast);
  const [ann, bob] = await two(server);
  const his = await visit(server, { as: bob, path: "/room/other" });
  await Promise.all([live(his), box(his).waitFor()]);
  const busy = { errors: [{ message: "busy", extensions: { code: "SERVER_BUSY", retryable: true } }] };
  let marks = 0;
  await his.route("**/graphql", (route) => {
    if (!route.request().postData()?.includes("mutation MarkRead")) return route.fallback();
    return marks++ < 2 ? route.fulfill({ json: busy }) : route.fallback();
  });
  await send(server.origin, ann.accessToken, "other", ["asked until it is answered"]);
  await eventually(() => unread(server, bob, "other"), [0, 0]);
  assert.ok(marks > 2);

  marks = 2;
  const begin = performance.now();
  for (let i = 0; i < 40; i++) await send(server.origin, ann.accessToken, "other", [`chat ${i}`]);
  await row(his, "chat 39").waitFor();
  await eventually(() => unread(server, bob, "other"), [0, 0]);
  const seconds = (performance.now() - begin) / 1000;
  assert.ok(marks - 2 <= seconds + 1, `${marks - 2} marks in ${seconds} s`);
});
