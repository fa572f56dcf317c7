// What is unread and what was said last in each room, as far as it is known without a page.
import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { test } from "node:test";
import { patient } from "../clients/testing/rounds.mjs";
import { asking, chat, held, services } from "./bare.mjs";
import { call, log, mortal, send } from "./mortal.mjs";
import { eventually, fast, login, room } from "./people.mjs";

const { ActivityDocument, History, RoomsDocument, keep, standing } = chat;

/** talking makes ann and bob, who are both in "general". */
async function talking(t, settings = fast) {
  const server = await mortal(t, settings);
  const [ann, bob] = await room(server.origin, "ann", "bob");
  await call(server.origin, bob.accessToken, `mutation { joinRoom(room: "general") { id } }`);
  return { server, ann, bob };
}

/** listening is what somebody knows who listens, as the list of rooms does. */
async function listening(t, server, as, { away, asks } = {}) {
  asking(t, server, asks);
  const { client, unread, latest, reading, cut } = await services(t, server, as, away);
  const { id } = (await call(server.origin, as.accessToken, `{ room(id: "general") { id } }`)).room;
  const heard = []; // kinds, and when the list was answered
  let rooms = [];
  const ask = async () => {
    const { data } = await client.query(RoomsDocument, { scope: "JOINED", first: 20 }, { requestPolicy: "network-only" }).toPromise();
    rooms = data?.rooms?.nodes ?? rooms;
    heard.push("LIST");
  };
  const stop = keep(() => client.subscription(ActivityDocument, {}), {
    next({ events }) {
      unread.happened(events);
      latest.happened(events);
      heard.push(events.kind);
      if (events.kind === "CAUGHT_UP") void ask();
    },
    ended: () => false,
  });
  t.after(stop);
  return {
    id,
    heard,
    client,
    reading,
    cut,
    counts: () => Object.values(unread.of(id)),
    last: () => rooms.map((one) => latest.in(one).lastChat?.text)[0],
  };
}

/** counted is what the server counts. */
async function counted(server, as) {
  const { unreadCount, mentionCount } = (await call(server.origin, as.accessToken, `{ room(id: "general") { unreadCount mentionCount } }`)).room;
  return [unreadCount, mentionCount];
}

const newest = async (server, as) => (await log(server.origin, as.accessToken, "general")).at(-1);

const mark = (server, as, id) => call(server.origin, as.accessToken, `mutation ($id: ID!) { markRead(chat: $id) { id } }`, { id });

const answer = (server, as, { id }, text) =>
  call(server.origin, as.accessToken, `mutation ($id: ID!, $text: String!) { sendChat(room: "general", text: $text, replyTo: $id) { id } }`, { id, text });

const block = (server, as, { user }, on) =>
  call(server.origin, as.accessToken, `mutation ($user: ID!, $on: Boolean!) { blockUser(user: $user, on: $on) { id } }`, { user: user.id, on });

test("an answer of somebody who is blocked is unread and not for oneself, also when it is heard", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  await send(server.origin, bob.accessToken, "general", ["answer this"]);
  const asked = await newest(server, bob);
  await block(server, bob, ann, true);
  const his = await listening(t, server, bob);
  await eventually(his.last, "answer this");
  await answer(server, ann, asked, "blocked");
  await eventually(his.counts, [1, 0]);
  assert.deepEqual(await counted(server, bob), [1, 0]);
  await block(server, bob, ann, false);
  his.cut(); // on another device, of which nobody tells
  await eventually(() => his.heard.filter((kind) => kind === "LIST").length, 2);
  await answer(server, ann, asked, "not blocked");
  await eventually(his.counts, [2, 1]);
  assert.deepEqual(await counted(server, bob), [2, 1]);
});

test("what is read on another device while the list is on its way is read", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  await send(server.origin, ann.accessToken, "general", ["one", "two"]);
  const list = held();
  const his = await listening(t, server, bob, { asks: { after: async (name) => name === "Rooms" && list.until } });
  await eventually(() => his.heard.includes("CAUGHT_UP"), true);
  const phone = await login(server.origin, "bob");
  await mark(server, phone, (await newest(server, bob)).id);
  await eventually(() => his.heard.includes("MEMBER_READ"), true);
  list.release();
  await eventually(his.last, "two");
  await eventually(his.counts, [0, 0]);
});

test("what is heard while the list is on its way is newer than that", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  await send(server.origin, ann.accessToken, "general", ["one", "@bob befor"]);
  const list = held();
  const his = await listening(t, server, bob, { asks: { after: async (name) => name === "Rooms" && list.until } });
  await eventually(() => his.heard.includes("CAUGHT_UP"), true);
  const { id } = await newest(server, ann);
  await call(server.origin, ann.accessToken, `mutation ($id: ID!) { editChat(chat: $id, text: "before") { id } }`, { id });
  await eventually(() => his.heard.includes("CHAT_EDITED"), true);
  await eventually(his.counts, [2, 0]); // the server was asked again
  list.release();
  await eventually(() => his.heard.includes("LIST"), true);
  assert.equal(his.last(), "before");
  assert.deepEqual(his.counts(), [2, 0]);
});

test("what is read here counts at once, whatever was answered meanwhile, and again if the server refuses it", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  await send(server.origin, ann.accessToken, "general", ["one", "two"]);
  const two = await newest(server, bob);
  const marked = held();
  const his = await listening(t, server, bob, { asks: { before: async (name) => name === "MarkRead" && marked.until } });
  await eventually(his.counts, [2, 0]);
  const none = { id: bob.user.id, number: two.number }; // which is no chat
  his.reading.seen(his.id, none);
  assert.deepEqual(his.counts(), [0, 0]);
  marked.release();
  await eventually(his.counts, [2, 0]);
  his.reading.seen(his.id, none); // the server is not asked without end
  assert.deepEqual(his.counts(), [2, 0]);
  // It is known from elsewhere that all is read, though the list was not counted again.
  const phone = await login(server.origin, "bob");
  await mark(server, phone, two.id);
  const known = await new Promise((resolve) => {
    standing(his.client, "general", { answered: (_, data) => resolve(data.room.me.lastRead) });
  });
  assert.equal(known, two.number);
  his.reading.seen(his.id, two);
  assert.deepEqual(his.counts(), [0, 0]);
  await eventually(() => counted(server, bob), [0, 0]);
  assert.deepEqual(his.counts(), [0, 0]);
});

test("what was changed or deleted while one was away is shown as it is", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  const away = { now: false };
  const his = await listening(t, server, bob, { away });
  await eventually(() => his.heard.includes("CAUGHT_UP"), true);
  await send(server.origin, ann.accessToken, "general", ["@bob befor"]);
  await eventually(his.last, "@bob befor");
  await eventually(his.counts, [1, 1]);
  const { id } = await newest(server, ann);
  for (const [change, text, counts] of [
    ["editChat(chat: $id, text: \"before\")", "before", [1, 0]],
    ["deleteChat(chat: $id)", null, [0, 0]],
  ]) {
    away.now = true;
    his.cut();
    await call(server.origin, ann.accessToken, `mutation ($id: ID!) { ${change} { id } }`, { id });
    away.now = false;
    await eventually(his.last, text);
    await eventually(his.counts, counts);
  }
});

test("after a history was taken back what is said is unread, and read when it is seen", patient, async (t) => {
  const { server, ann, bob } = await talking(t);
  await send(server.origin, ann.accessToken, "general", ["kept"]);
  await server.kill("SIGTERM");
  await cp(server.data, `${server.data}.old`, { recursive: true });
  t.after(() => rm(`${server.data}.old`, { recursive: true, force: true }));
  await server.start();
  const his = await listening(t, server, bob);
  await eventually(his.counts, [1, 0]);
  await send(server.origin, ann.accessToken, "general", ["lost", "lost", "lost, too"]);
  await eventually(his.last, "lost, too");
  his.reading.seen(his.id, await newest(server, bob));
  await eventually(() => counted(server, bob), [0, 0]);
  const history = new History(his.client, "general", bob.user.id);
  t.after(history.stop);
  history.start();
  await eventually(() => history.view.get().readUpTo, 4);

  await server.kill();
  await rm(server.data, { recursive: true });
  await cp(`${server.data}.old`, server.data, { recursive: true });
  await server.start();
  await eventually(his.last, "kept");
  await eventually(his.counts, [1, 0]);
  await eventually(() => history.view.get().readUpTo, 0);
  await send(server.origin, ann.accessToken, "general", ["from here on"]);
  await eventually(his.last, "from here on");
  await eventually(his.counts, [2, 0]);
  his.reading.seen(his.id, await newest(server, bob));
  assert.deepEqual(his.counts(), [0, 0]);
  await eventually(() => counted(server, bob), [0, 0]);
});
