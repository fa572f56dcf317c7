import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { test } from "node:test";
import { call, log, mortal, send } from "./mortal.mjs";
import { eventually, fast, kept, live, login, room, row, say, tall, texts, visit } from "./people.mjs";
import { patient, rounds } from "../clients/testing/rounds.mjs";

test("what is sent while the server is away arrives once", patient, async (t) => {
  const server = await mortal(t);
  const people = await room(server.origin, "ann", "bob");
  const pages = [];
  for (const as of people) pages.push(await visit(server, { as, path: "/room/general", troubled: true }));
  const [ann, bob] = pages;
  const places = () =>
    bob.all[0].sockets
      .flatMap((socket) => socket.sent)
      .filter(({ payload }) => payload?.query?.includes("RoomEvents"))
      .map(({ payload }) => payload.variables.after[0]);
  await eventually(() => places().length, 1);
  await say(ann, "before");
  await row(bob, "before").waitFor();
  await server.kill("SIGTERM");
  for (const text of ["one", "two", "three"]) await say(ann, text);
  await ann.getByText("Waiting to be sent").first().waitFor();
  await ann.getByText("Reconnecting…").filter({ visible: true }).waitFor();
  await ann.goto("about:blank"); // what waits outlives the page
  await server.start();
  await ann.goto(`${server.origin}/room/general`);
  const want = ["before", "one", "two", "three"];
  for (const page of pages) await eventually(() => texts(page), want);
  const stored = await log(server.origin, people[0].accessToken, "general");
  assert.deepEqual(stored.map(({ text }) => text), want);
  // The stream went on from where it was, and did not begin anew.
  assert.notEqual(places().at(-1), places()[0], `subscribed after ${places()}`);
  await live(bob);
  await eventually(() => ann.getByText("Waiting to be sent").count(), 0);
});

const inOrder = (name) => Array.from({ length: 12 }, (_, i) => `${name} ${i + 1}`);

test("a server that is killed while people talk loses nothing and shows nothing twice", patient, async (t) => {
  const server = await mortal(t, fast);
  const people = await room(server.origin, "ann", "bob");
  const pages = [];
  for (const as of people) pages.push(await visit(server, { options: tall, as, path: "/room/general", troubled: true }));
  const names = ["ann", "bob"];
  let down = Promise.resolve();
  const talk = async (page, name) => {
    for (const [i, text] of inOrder(name).entries()) {
      await say(page, text);
      // Nobody waits for it: people go on while it is away.
      if (name === "ann" && (i === 3 || i === 8)) down = down.then(() => server.kill()).then(() => server.start());
    }
  };
  await Promise.all(names.map((name, i) => talk(pages[i], name)));
  await down;
  await eventually(async () => (await log(server.origin, people[0].accessToken, "general")).length, 24);
  const stored = (await log(server.origin, people[0].accessToken, "general")).map(({ text }) => text);
  for (const name of names) assert.deepEqual(stored.filter((text) => text.startsWith(name)), inOrder(name));
  for (const page of pages) await eventually(() => texts(page), stored);
});

// tried is how many milliseconds it takes here to open two pages and hear on one what is said on the other.
async function tried(server) {
  const begun = Date.now();
  const pages = [];
  for (const name of ["ann", "bob"]) pages.push(await visit(server, { as: await login(server.origin, name), path: "/room/general" }));
  await say(pages[0], "tried");
  await row(pages[1], "tried").waitFor();
  for (const page of pages) await page.close();
  return Date.now() - begun;
}

// tokens is how many a page has had for its sockets: one is exchanged in place, or ends the socket.
const tokens = ({ all: [{ sockets }] }) =>
  sockets.length + sockets.flatMap(({ sent }) => sent).filter(({ payload }) => payload?.query?.startsWith("mutation Refresh")).length;

test("tokens that run out all the time leave no gap and sign nobody out", patient, async (t) => {
  const settings = { ...fast, PARLEY_LEEWAY: "0s" };
  const server = await mortal(t, settings);
  const people = await room(server.origin, "ann", "bob");
  // Two seconds, or on a busy machine as long as nothing could be done with a token that lasts less.
  const lifetime = Math.max(2, Math.ceil((await tried(server)) / 1000));
  await server.kill();
  Object.assign(settings, { PARLEY_ACCESS_TOKEN_LIFETIME: `${lifetime}s` }); // of the pages: what the test itself asks with lasts
  await server.start();
  const pages = [];
  for (const as of people) pages.push(await visit(server, { as, path: "/room/general", troubled: true }));
  const want = ["tried"];
  const least = rounds(4, 16);
  for (let i = 0; pages.some((page) => tokens(page) < least); i++) {
    const text = `chat ${i}`;
    await say(pages[i % 2], text);
    want.push(text);
    await row(pages[(i + 1) % 2], text).first().waitFor();
  }
  const stored = (await log(server.origin, people[0].accessToken, "general")).map(({ text }) => text);
  assert.deepEqual(stored, want);
  for (const page of pages) await eventually(async () => (await texts(page)).slice(-10), want.slice(-10));
});

test("who sends too fast waits, and loses nothing", patient, async (t) => {
  const server = await mortal(t, { PARLEY_SEND_RATE: "4/1s" });
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, path: "/room/general" });
  const want = Array.from({ length: 18 }, (_, i) => `chat ${i}`);
  for (const text of want) await say(page, text);
  await eventually(async () => (await log(server.origin, as.accessToken, "general")).map(({ text }) => text), want);
  await eventually(() => texts(page), want);
});

// A page that is deaf sends, and hears of nothing.
function canBeDeaf() {
  const Heard = WebSocket;
  globalThis.WebSocket = class extends Heard {
    constructor(url, protocols) {
      super(globalThis.deaf ? `${url}/nowhere` : url, protocols);
      globalThis.cut = () => this.close();
    }
  };
}

for (const deaf of [false, true]) {
  const what = deaf ? "whoever has not seen their chat arrive sends it again" : "it is read anew";
  test(`after a history was taken back ${what}`, patient, async (t) => {
    const server = await mortal(t, fast);
    const people = await room(server.origin, "ann", "bob");
    await call(server.origin, people[1].accessToken, `mutation { joinRoom(room: "general") { id } }`);
    const open = (as) => visit(server, { as, path: "/room/general", troubled: true, prepare: canBeDeaf });
    const [ann, bob] = await Promise.all(people.map(open));
    const drafts = () => ann.locator(".chat[data-state]").evaluateAll((rows) => rows.map(({ dataset }) => dataset.state));
    await say(ann, "kept");
    await row(bob, "kept").waitFor();
    await eventually(drafts, []);

    await server.kill("SIGTERM");
    await cp(server.data, `${server.data}.old`, { recursive: true });
    t.after(() => rm(`${server.data}.old`, { recursive: true, force: true }));
    await ann.evaluate((now) => Object.assign(globalThis, { deaf: now }), deaf);
    await server.start();
    await say(ann, "taken back");
    await row(bob, "taken back").waitFor();
    await eventually(drafts, deaf ? ["stored"] : []);
    const unread = async () => (await call(server.origin, people[1].accessToken, `{ room(id: "general") { unreadCount } }`)).room.unreadCount;
    await eventually(unread, 0); // of a history that bob has read further than the one that comes back

    await server.kill();
    await rm(server.data, { recursive: true });
    await cp(`${server.data}.old`, server.data, { recursive: true });
    await ann.evaluate(() => Object.assign(globalThis, { deaf: false }));
    await server.start();
    const want = deaf ? ["kept", "taken back"] : ["kept"];
    for (const page of [ann, bob]) await eventually(() => texts(page), want);
    await eventually(async () => (await log(server.origin, people[0].accessToken, "general")).map(({ text }) => text), want);
    await say(ann, "from here on");
    for (const page of [ann, bob]) await eventually(() => texts(page), [...want, "from here on"]);
    await eventually(unread, 0);
  });
}

for (const [which, others, path] of [
  ["a room of the list", 0, "/"],
  ["an open room that the list has not got", 51, "/room/general"],
]) {
  test(`what was changed in ${which} while a tab was away is shown there as it is now`, patient, async (t) => {
    const server = await mortal(t, { PARLEY_ROOM_CREATE_RATE: "0", PARLEY_MUTATION_RATE: "0" });
    const [as] = await room(server.origin, "ann");
    await send(server.origin, as.accessToken, "general", ["one"]);
    // Others become more active than this one.
    const outdo = async (when) => {
      for (let i = 0; i < others; i++) await call(server.origin, as.accessToken, `mutation { createRoom(name: "${when} ${i}") { id } }`);
    };
    await outdo("before");
    const page = await visit(server, { as, path, troubled: true, prepare: canBeDeaf });
    const listed = (text) => page.getByRole("link", { name: new RegExp(`^general.*ann: ${text}$`, "s") }).waitFor();
    await Promise.all([live(page), listed("one")]);
    if (others === 0) {
      await send(server.origin, as.accessToken, "general", ["tow"]);
      await listed("tow");
    }
    const away = (now) =>
      page.evaluate((is) => {
        globalThis.deaf = is;
        if (is) globalThis.cut();
        else globalThis.dispatchEvent(new Event("online"));
      }, now);
    await away(true);
    const { id } = (await log(server.origin, as.accessToken, "general")).at(-1);
    await call(server.origin, as.accessToken, `mutation ($id: ID!) { editChat(chat: $id, text: "changed") { id } }`, { id });
    await outdo("meanwhile");
    await away(false);
    await listed("changed");
  });
}

test("a room that was opened without a server comes with it", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const page = await visit(server, { as, troubled: true });
  const link = page.getByRole("link", { name: /general/ });
  await link.waitFor();
  await live(page);
  await server.kill();
  await link.click();
  await page.getByText("The room does not load").waitFor();
  await server.start();
  await say(page, "here");
  await eventually(() => texts(page), ["here"]);
});

for (const [how, prepare] of Object.entries({
  "with locks": undefined,
  "without locks": () => delete Navigator.prototype.locks,
})) {
  test(`two tabs refresh at once and both stay, ${how}`, patient, async (t) => {
    const server = await mortal(t, how === "with locks" ? { PARLEY_REFRESH_REUSE_WINDOW: "0s" } : {});
    const { origin } = server;
    const [as] = await room(origin, "ann");
    const one = await visit(server, { as, path: "/room/general", prepare });
    await live(one);
    const two = await one.another("/room/general");
    await live(two);
    for (let i = 0; i < rounds(2, 4); i++) {
      await Promise.all([one.reload(), two.reload()]);
      await Promise.all([live(one), live(two)]);
      await say(i % 2 ? one : two, `round ${i}`);
      await Promise.all([row(one, `round ${i}`).waitFor(), row(two, `round ${i}`).waitFor()]);
    }
    // The room may show a chat before its sender has the answer; until then it is unsent, and signing out asks.
    await eventually(() => kept(two), []);
    await two.getByRole("button", { name: "Sign out" }).click();
    await one.getByRole("heading", { name: "Sign in" }).waitFor();
  });
}

// Tabs are processes of their own, and what one has stored reaches the others a moment later.
test("a tab that has not seen yet what another has stored leaves it alone", patient, async (t) => {
  const server = await mortal(t);
  const [as] = await room(server.origin, "ann");
  const one = await visit(server, { as, path: "/room/general" });
  await live(one);
  const old = await one.evaluate(() => localStorage.getItem("parley.session"));
  await one.reload();
  await live(one);
  assert.notEqual(await one.evaluate(() => localStorage.getItem("parley.session")), old);
  await one.context().addInitScript((stale) => {
    const { getItem } = Storage.prototype;
    let late = true; // until it has asked
    Storage.prototype.getItem = function (key) {
      return late && key === "parley.session" ? stale : getItem.call(this, key);
    };
    const { fetch } = globalThis;
    globalThis.fetch = (...request) => {
      late = false;
      return fetch(...request);
    };
  }, old);
  const two = await one.another("/room/general");
  await live(two);
  await say(two, "both are here");
  await row(one, "both are here").waitFor();
});
