import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid } from "../chats.mjs";
import { openSocket } from "../socket.mjs";
import { setUp, until } from "../testing/world.mjs";
import { followRooms } from "./rooms.mjs";
import { patient, rounds } from "../testing/rounds.mjs";

const CUTS = rounds(30, 100);

test(`${CUTS} cuts: every event of three rooms once and in order`, patient, async (t) => {
  const { bob, proxy, session } = await setUp(t);
  const rooms = new Map();
  for (const name of ["general", "garden", "silent"]) {
    await bob.session.ask("mutation ($name: String!) { createRoom(name: $name) { id } }", { name }).catch(() => {});
    const { room, chats } = await bob.session.ask(
      "query ($name: ID!) { room(id: $name) { id } chats(room: $name) { syncCursor } }",
      { name },
    );
    rooms.set(room.id, chats.syncCursor);
  }
  const events = [];
  const { me } = await session.ask("{ me { id } }");
  const stop = followRooms(openSocket(session), me.id, rooms, { happened: (event) => events.push(event), ended: assert.fail });
  t.after(stop);
  await until(() => events.length > 0);
  proxy.lifetime = () => (proxy.cuts < CUTS ? 200 + Math.random() * 1200 : Infinity);
  proxy.cut();

  const done = [];
  const [general, garden, silent] = rooms.keys();
  for (let i = 0; proxy.cuts < CUTS; i++) {
    const room = i % 2 ? general : garden;
    const id = uuid(); // it may be sent again
    await bob.session.ask('mutation ($room: ID!, $id: ID!) { sendChat(room: $room, text: "hi", id: $id) { id } }', { room, id });
    done.push(`CHAT_SENT ${id}`);
    if (i % 5 > 0) continue;
    await bob.session.ask("mutation ($id: ID!) { deleteChat(chat: $id) { id } }", { id });
    done.push(`CHAT_DELETED ${id}`);
  }
  const last = { room: silent, id: uuid() };
  await bob.session.ask('mutation ($room: ID!, $id: ID!) { sendChat(room: $room, text: "at last", id: $id) { id } }', last);
  const happened = () => events.filter(({ kind }) => kind !== "CAUGHT_UP");
  await until(
    () => happened().length === done.length + 1,
    () => `${happened().length} of ${done.length + 1}`,
  );
  assert.equal(happened().filter(({ room }) => room.id === silent).length, 1);
  for (const room of [general, garden]) {
    const heard = happened().filter((event) => event.room.id === room);
    const wanted = done.filter((text) => heard.some(({ chat }) => text.endsWith(chat.id)));
    assert.deepEqual(
      heard.map(({ kind, chat }) => `${kind} ${chat.id}`),
      wanted,
    );
  }
});

test("a room that was deleted, or lost, does not keep the others from coming back", patient, async (t) => {
  const { bob, proxy, session } = await setUp(t);
  const { me } = await session.ask("{ me { id } }");
  const places = new Map();
  const follow = async (id) => {
    const page = await session.ask("query ($id: ID!) { room(id: $id) { id } chats(room: $id) { syncCursor } }", { id });
    places.set(page.room.id, page.chats.syncCursor);
  };
  for (const name of ["general", "short-lived"]) {
    await bob.session.ask("mutation ($name: String!) { createRoom(name: $name) { id } }", { name }).catch(() => {});
    await follow(name);
  }
  const { createRoom: some } = await bob.session.ask(
    'mutation ($me: ID!, $id: ID!) { createRoom(name: "for some", kind: PRIVATE, members: [$me], id: $id) { id } }',
    { me: me.id, id: uuid() },
  );
  await follow(some.id);
  const kinds = [];
  let reason;
  const view = { happened: ({ kind }) => kinds.push(kind), ended: (why) => (reason = why) };
  t.after(followRooms(openSocket(session), me.id, places, view));
  await until(() => kinds.includes("CAUGHT_UP"));
  await bob.session.ask('mutation { deleteRoom(room: "short-lived") }');
  await until(() => kinds.includes("ROOM_DELETED"));
  const lost = { room: some.id, me: me.id };
  await bob.session.ask("mutation ($room: ID!, $me: ID!) { removeMember(room: $room, user: $me) }", lost);
  await until(() => kinds.includes("MEMBER_REMOVED"));
  proxy.cut();
  await bob.send("still here");
  await until(() => kinds.includes("CHAT_SENT"), () => reason);
  await session.ask("mutation { logout }");
  await until(() => reason);
  assert.equal(reason.code, "SESSION_REVOKED");
});
