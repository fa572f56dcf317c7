// What every recipe must get right of what people have read, say and do, told once and run with each of them against the
// real server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { uuid } from "../chats.mjs";
import { patient, rounds } from "./rounds.mjs";
import { botOf, PASSWORD, sessionAt, setUp, until } from "./world.mjs";

const STEPS = rounds(60, 600);
const unlimited = { MUTATION_RATE: "0", ROOM_CREATE_RATE: "0" };

/** tell runs the story with a recipe: connect makes a client of a session, with which the other two open what they show. */
export function tell({ connect, openMyRooms, openRoom }) {
  const listed = async (t, session) => {
    const mine = {};
    const rooms = openMyRooms(connect(session), { show: (list) => (mine.list = list), ended: (reason) => (mine.reason = reason) });
    t.after(() => rooms.close());
    await until(() => mine.list);
    const counts = () => countsOf(mine.list);
    const said = () => `${counts()}, ended: ${mine.reason}`;
    return { rooms, shows: (text) => until(() => counts() === text, () => `${said()} instead of ${text}`) };
  };

  const opened = async (t, session) => {
    const room = { list: [], typing: [], previews: [] };
    const view = { show: (list) => (room.list = list), heard() {}, ended: (reason) => (room.reason = reason) };
    const others = { typing: (names) => (room.typing = names), previews: (list) => (room.previews = list) };
    const open = openRoom(connect(session), "general", { ...view, ...others });
    t.after(() => open.close());
    await open.opened;
    const pills = () => room.list.map(pillsOf).join(" | ");
    const shows = (text) => until(() => pills() === text, () => `${pills()} instead of ${text}, ended: ${room.reason}`);
    return Object.assign(room, { ...open, pills, shows });
  };

  test("what is unread is counted by the stream alone", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    await bob.send("one");
    const { shows } = await listed(t, session);
    await shows("general 1 0");
    proxy.holdsAnswers = (bytes) => bytes.includes('"rooms"'); // nothing is asked
    const { id } = (await bob.send("@ann two")).sendChat;
    await shows("general 2 1");
    const mine = await say(session, "mine");
    await say(bob.session, "an answer", mine);
    await shows("general 3 2");
    await bob.edit(id, "two");
    await shows("general 3 1");
    await bob.remove(id);
    await shows("general 2 1");
    assert.equal(proxy.held, 0);
  });

  test("answers of whom one has blocked are no mentions", patient, async (t) => {
    const { bob, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const mine = await say(session, "mine");
    await session.ask('mutation { blockUser(user: "bob") { id } }');
    const { shows } = await listed(t, session);
    await say(bob.session, "an answer, @ann", mine);
    await shows("general 1 0");
    await shows(countsOf((await session.ask(COUNTS)).rooms.nodes));
  });

  test("what is read counts at once, here and on other devices", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const chats = [];
    for (const text of ["one", "@ann two", "three"]) chats.push((await bob.send(text)).sendChat);
    const phone = sessionAt(t, proxy);
    await phone.signIn("ann", PASSWORD);
    const [here, there] = [await listed(t, session), await listed(t, phone)];
    await here.shows("general 3 1");
    const { id } = (await session.ask('{ room(id: "general") { id } }')).room;
    await here.rooms.markRead(id, chats[0]); // in the midst of what was counted
    await here.shows("general 2 1");
    await there.shows("general 2 1");
    proxy.holds = (bytes) => bytes.includes("markRead");
    const told = here.rooms.markRead(id, chats[2]);
    await here.shows("general 0 0");
    await until(() => proxy.held > 0);
    await there.shows("general 2 1");
    proxy.release();
    await told;
    await there.shows("general 0 0");
    await bob.send("@ann four");
    await here.shows("general 1 1");
    await there.shows("general 1 1");
  });

  test("what was read, edited and deleted while one was away", patient, async (t) => {
    const { bob, parley, proxy, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const chats = [];
    for (const text of ["one", "two", "@ann three"]) chats.push((await bob.send(text)).sendChat);
    const { shows } = await listed(t, session);
    await shows("general 3 1");
    const phone = sessionAt(t, parley);
    await phone.signIn("ann", PASSWORD);
    proxy.away = true;
    proxy.cut();
    await phone.ask(MARK_READ, { chat: chats[0].id }); // of which the log has nothing
    proxy.away = false;
    await shows("general 2 1");
    proxy.away = true;
    proxy.cut();
    await bob.edit(chats[1].id, "@ann two");
    await bob.remove(chats[2].id);
    proxy.away = false;
    await shows("general 1 1");
  });

  test("what happens while the server is asked for the counts", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const { id } = (await bob.send("@ann one")).sendChat;
    proxy.holdsAnswers = (bytes) => bytes.includes('"rooms"');
    const open = listed(t, session);
    await until(() => proxy.held > 0); // they were counted, and are on their way
    await bob.remove(id);
    await bob.send("two");
    await bob.send("@ann three");
    proxy.release();
    const { shows } = await open;
    await shows("general 2 1");
  });

  test(`${STEPS} steps, cuts between them: the counts are those of the server`, patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const { rooms, shows } = await listed(t, session);
    const chats = [];
    const any = () => chats[Math.floor(Math.random() * chats.length)];
    const { id: room } = (await session.ask('{ room(id: "general") { id } }')).room;
    const steps = [
      async () => chats.push((await bob.send("hello")).sendChat),
      async () => chats.push((await bob.send("hello @ann")).sendChat),
      async () => say(session, "mine"),
      async () => bob.remove(any().id),
      async () => bob.edit(any().id, Math.random() < 0.5 ? "@ann, look" : "nothing").catch(() => {}), // it may be deleted
      async () => rooms.markRead(room, any()),
      async () => session.ask(MARK_READ, { chat: any().id }), // as another device does
      async () => proxy.cut(),
      async () => session.ask('mutation { leaveRoom(room: "general") }').then(() => session.ask(JOIN)),
    ];
    await steps[0]();
    for (let i = 0; i < STEPS; i++) {
      const some = 1 + Math.floor(Math.random() * 3);
      for (let n = 0; n < some; n++) await steps[Math.floor(Math.random() * steps.length)]();
      await shows(countsOf((await session.ask(COUNTS)).rooms.nodes));
    }
  });

  test("own reactions show at once, and are the server's in the end", patient, async (t) => {
    const { bob, parley, proxy, session } = await setUp(t, unlimited);
    const { id } = (await bob.send("hello")).sendChat;
    await bob.session.ask(REACT, { chat: id, emoji: "👍", on: true });
    const room = await opened(t, session);
    await room.shows("👍1");
    proxy.holds = (bytes) => bytes.includes("react(");
    const done = room.react(id, "👍", true);
    assert.equal(room.pills(), "👍2 mine");
    await until(() => proxy.held > 0);
    await bob.session.ask(REACT, { chat: id, emoji: "🎉", on: true });
    await room.shows("👍2 mine,🎉1"); // it hides nothing of what comes meanwhile
    proxy.release();
    await done;
    await room.shows("👍2 mine,🎉1");
    const phone = sessionAt(t, parley);
    await phone.signIn("ann", PASSWORD);
    await phone.ask(REACT, { chat: id, emoji: "👍", on: false });
    await phone.ask(REACT, { chat: id, emoji: "🎉", on: true });
    await room.shows("👍1,🎉2 mine");
    const again = await opened(t, session);
    await again.shows("👍1,🎉2 mine");
    await Promise.all([true, false, true].map((on) => room.react(id, "❤️", on)));
    await room.shows("👍1,🎉2 mine,❤1 mine");
    await again.shows("👍1,🎉2 mine,❤1 mine");
    await bob.remove(id);
    await room.shows("");
  });

  test("a reaction that is refused is taken back", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t, unlimited);
    const { id } = (await bob.send("hello")).sendChat;
    const room = await opened(t, session);
    await room.shows("");
    proxy.holds = (bytes) => bytes.includes("react(");
    const refused = assert.rejects(room.react(id, "no emoji", true), { code: "BAD_USER_INPUT" });
    assert.equal(room.pills(), "no emoji1 mine");
    await until(() => proxy.held > 0);
    proxy.release();
    await refused;
    await room.shows("");
  });

  test("reactions of a new chat, and of what was missed", patient, async (t) => {
    const { bob, parley, proxy, session } = await setUp(t, unlimited);
    const room = await opened(t, session);
    const { id } = (await bob.send("hello")).sendChat;
    await until(() => room.list.length === 1);
    await room.react(id, "👍", true);
    await room.shows("👍1 mine");
    const phone = sessionAt(t, parley);
    await phone.signIn("ann", PASSWORD);
    proxy.away = true;
    proxy.cut();
    const next = (await bob.send("there")).sendChat;
    await phone.ask(REACT, { chat: next.id, emoji: "🎉", on: true });
    await phone.ask(REACT, { chat: id, emoji: "👍", on: false });
    proxy.away = false;
    await room.shows(" | 🎉1 mine");
  });

  test("who is typing, until they have said it or nothing more comes", patient, async (t) => {
    const { bob, session } = await setUp(t, unlimited);
    await session.ask(JOIN);
    const [mine, his] = [await opened(t, session), await opened(t, bob.session)];
    await until(async () => {
      await his.setTyping();
      return mine.typing.join() === "bob";
    });
    assert.deepEqual(his.typing, []);
    await bob.send("said");
    await until(() => mine.typing.length === 0);
    await until(async () => {
      await his.setTyping();
      return mine.typing.join() === "bob";
    });
    await until(() => mine.typing.length === 0);
  });

  test("what a bot writes grows until its chat is there or nothing more comes", patient, async (t) => {
    const { parley, session } = await setUp(t, unlimited);
    const robot = await botOf(t, parley);
    const show = (preview) => robot("mutation ($text: String) { setTyping(room: \"general\", preview: $text) { id } }", preview);
    const room = await opened(t, session);
    const shows = (text) =>
      until(async () => {
        await show(text);
        return room.previews.map((one) => `${one.username}: ${one.text}`).join() === `robot: ${text}`;
      }, () => JSON.stringify(room.previews));
    await shows("so");
    await shows("so far");
    assert.deepEqual(room.typing, []);
    await robot("mutation ($text: String!) { sendChat(room: \"general\", text: $text) { id } }", "so far so good");
    await until(() => room.previews.length === 0);
    await until(() => room.list.at(-1)?.text === "so far so good");
    await shows("half a thought");
    await until(() => room.previews.length === 0); // six seconds later
    assert.equal(room.list.length, 1);
  });

  test("that one is typing is told sparingly", patient, async (t) => {
    const { proxy, session } = await setUp(t, unlimited);
    const room = await opened(t, session);
    let told = 0;
    proxy.holds = (bytes) => {
      if (bytes.includes("setTyping(")) told++;
      return false;
    };
    const begin = performance.now();
    await until(async () => {
      await room.setTyping(); // at each key
      return told >= 3;
    });
    assert.ok(performance.now() - begin >= 4000, "the third came too soon");
  });
}

const JOIN = 'mutation { joinRoom(room: "general") { id } }';
const MARK_READ = "mutation ($chat: ID!) { markRead(chat: $chat) { id } }";
const REACT = "mutation ($chat: ID!, $emoji: String!, $on: Boolean!) { react(chat: $chat, emoji: $emoji, on: $on) { id } }";
const COUNTS = "{ rooms(scope: JOINED) { nodes { name unreadCount mentionCount } } }";
const SAY = `mutation ($text: String!, $id: ID!, $replyTo: ID) {
  sendChat(room: "general", text: $text, id: $id, replyTo: $replyTo) { id } }`;

const say = async (session, text, replyTo) => (await session.ask(SAY, { text, id: uuid(), replyTo })).sendChat.id;
const countsOf = (list) => list.map(({ name, unreadCount, mentionCount }) => `${name} ${unreadCount} ${mentionCount}`).join();
const pillsOf = ({ reactions }) => reactions.map(({ emoji, count, mine }) => `${emoji}${count}${mine ? " mine" : ""}`).join();
