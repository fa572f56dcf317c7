// What every recipe must get right of the rooms one is in, told once and run with each of them against the real server.
import assert from "node:assert/strict";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { uuid } from "../chats.mjs";
import { patient, rounds } from "./rounds.mjs";
import { setUp, until } from "./world.mjs";

const CUTS = rounds(30, 200);
const unlimited = { ROOM_CREATE_RATE: "0", MUTATION_RATE: "0" };

/** tell runs the story with a recipe: connect makes a client of a session, openMyRooms lists the rooms with it. */
export function tell({ connect, openMyRooms }) {
  const listed = (t, session) => {
    const mine = { list: undefined };
    const rooms = openMyRooms(connect(session), {
      show: (list) => (mine.list = list),
      ended: (reason) => (mine.reason = reason),
    });
    t.after(() => rooms.close());
    const names = () => mine.list?.map(({ name }) => name).join();
    return Object.assign(mine, {
      refresh: rooms.refresh,
      shows: (text) => until(() => names() === text, () => `${names()} instead of ${text}, ended: ${mine.reason}`),
    });
  };

  test("rooms come, change and go", patient, async (t) => {
    const { bob, session } = await setUp(t, unlimited);
    const host = hostOf(bob);
    const first = await host.make("first");
    const mine = listed(t, session);
    await mine.shows("first");
    const second = await host.make("second");
    await mine.shows("second,first");
    await host.say(first, "hello");
    await mine.shows("first,second");
    assert.equal(mine.list[0].lastChat.text, "hello");
    await host.rename(second, "2nd");
    await mine.shows("first,2nd");
    await host.remove(second);
    await mine.shows("first");
    await session.ask('mutation { joinRoom(room: "general") { id } }');
    await until(() => mine.list.length === 2);
    await host.drop(first);
    await mine.shows("general");
    await host.add(second);
    await mine.shows("2nd,general");
    await session.ask('mutation { leaveRoom(room: "general") }');
    await mine.shows("2nd");
    const { openDirectRoom } = await bob.session.ask('mutation { openDirectRoom(users: ["ann"]) { id name } }');
    await host.say(openDirectRoom.id, "just us");
    await mine.shows(`${openDirectRoom.name},2nd`);
    assert.equal(mine.list[0].kind, "DIRECT");
  });

  test("a room that is made here shows when the list is asked for again", patient, async (t) => {
    const { session } = await setUp(t, unlimited);
    const mine = listed(t, session);
    await mine.shows("");
    await session.ask('mutation ($id: ID!) { createRoom(name: "mine", id: $id) { id } }', { id: uuid() });
    await mine.refresh();
    await mine.shows("mine");
  });

  test("the list is right, whatever happens while it is asked for", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    const host = hostOf(bob);
    const [goes, stays] = [await host.make("goes"), await host.make("stays")];
    proxy.holdsAnswers = (bytes) => bytes.includes('"rooms"');
    const mine = listed(t, session);
    await until(() => proxy.held > 0); // the list was read, and is on its way
    await host.remove(goes);
    await host.say(stays, "news");
    await host.make("comes");
    proxy.release();
    await mine.shows("comes,stays");
    await until(() => mine.list[1].lastChat?.text === "news");
  });

  test("what came and went while one was away", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    const host = hostOf(bob);
    const rooms = {};
    for (const name of ["removed", "deleted", "quiet", "back", "busy"]) rooms[name] = await host.make(name);
    const mine = listed(t, session);
    await mine.shows("busy,back,quiet,deleted,removed");
    proxy.away = true;
    proxy.cut();
    await host.remove(rooms.removed);
    await host.say(rooms.removed, "not for ann");
    await host.drop(rooms.deleted);
    await host.remove(rooms.back);
    await host.add(rooms.back);
    await host.say(rooms.back, "welcome back");
    await host.make("added");
    await host.say(rooms.busy, "hello");
    proxy.away = false;
    const want = textOf(await fresh(session));
    await until(() => textOf(mine.list) === want, () => `${textOf(mine.list)} instead of ${want}`);
    await mine.shows("busy,added,back,quiet");
    assert.equal(JSON.stringify(mine.list).includes("not for ann"), false);
    await host.say(rooms.quiet, "still followed");
    await mine.shows("quiet,busy,added,back");
  });

  // Each connection breaks after some bytes, in the middle of whatever it carries.
  test(`${CUTS} cuts, rooms that come and go: in the end what the server has`, patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    const host = hostOf(bob);
    const mine = listed(t, session);
    await mine.shows("");
    proxy.lifetime = () => (proxy.cuts < CUTS ? 300 + Math.random() * 2500 : Infinity);
    proxy.cut();
    const rooms = [];
    for (let i = 0; proxy.cuts < CUTS; i++) {
      if (i % 4 === 0) rooms.push(await host.make(`room ${i}`));
      const any = rooms[Math.floor(Math.random() * rooms.length)];
      await [host.remove, host.add, host.say, host.rename][i % 4](any, `now ${i}`);
      if (rooms.length > 12) await host.drop(rooms.shift());
    }
    const want = sorted(await fresh(session));
    await until(() => sorted(mine.list) === want, () => `${sorted(mine.list)} instead of ${want}`);
    t.diagnostic(`${proxy.cuts} cuts, ${mine.list.length} rooms`);
  });

  test("a backup put back: the list shows what the server has, and goes on", patient, async (t) => {
    const { bob, parley, restart, session } = await setUp(t, unlimited);
    const host = hostOf(bob);
    const kept = await host.make("kept");
    const backup = join(parley.data, "backup.db");
    await parley.tell("backup", backup);
    const mine = listed(t, session);
    await mine.shows("kept");
    await host.make("lost");
    await host.say(kept, "lost as well");
    await until(() => mine.list[0].lastChat && mine.list.length === 2);
    await parley.stop();
    for (const suffix of ["", "-wal", "-shm"]) await rm(join(parley.data, `parley.db${suffix}`), { force: true });
    await copyFile(backup, join(parley.data, "parley.db"));
    await restart(() => host.make("new"));
    await mine.shows("new,kept");
    await host.say(kept, "goes on");
    await mine.shows("kept,new");
    assert.equal(textOf(mine.list), textOf(await fresh(session)));
  });

  test("a session that is ended elsewhere is told", patient, async (t) => {
    const { session } = await setUp(t, unlimited);
    const mine = listed(t, session);
    await mine.shows("");
    await session.ask("mutation { logout }");
    await until(() => mine.reason);
    assert.equal(mine.reason.code, "SESSION_REVOKED");
  });
}

// hostOf is what bob does with private rooms that ann is in.
function hostOf({ session }) {
  const run = (fields, types, variables) => session.ask(`mutation (${types}) { ${fields} }`, variables);
  const inRoom = (fields) => (room) => run(fields, "$room: ID!", { room });
  return {
    async make(name) {
      const made = await run('createRoom(name: $name, kind: PRIVATE, members: ["ann"], id: $id) { id }', "$name: String!, $id: ID!", { name, id: uuid() });
      return made.createRoom.id;
    },
    add: inRoom('addMember(room: $room, user: "ann") { id }'),
    remove: inRoom('removeMember(room: $room, user: "ann")'),
    drop: inRoom("deleteRoom(room: $room)"),
    say: (room, text) =>
      run("sendChat(room: $room, text: $text, id: $id) { id }", "$room: ID!, $text: String!, $id: ID!", { room, text, id: uuid() }),
    rename: (room, name) => run("updateRoom(room: $room, name: $name) { id }", "$room: ID!, $name: String!", { room, name }),
  };
}

// Apollo adds __typename to what it brings.
const fields = ["id", "kind", "name", "topic", "createdAt", "lastChat", "number", "username", "text"];
const textOf = (list) => JSON.stringify(list, fields);
const sorted = (list) => textOf(list.toSorted((a, b) => (a.id < b.id ? 1 : -1))); // two may be of the same millisecond

// fresh is the list as the server has it, in the order in which it is shown.
async function fresh(session) {
  const { rooms } = await session.ask(`{ rooms(scope: JOINED, first: 200) { nodes {
    id kind name topic createdAt lastChat { id number username text createdAt } } } }`);
  return rooms.nodes.toSorted((a, b) => (latest(a) < latest(b) ? 1 : -1));
}

const latest = ({ createdAt, lastChat }) => lastChat?.createdAt ?? createdAt;
