// What every recipe must get right, told once and run with each of them against the real server.
import assert from "node:assert/strict";
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { opened, same } from "./opened.mjs";
import { patient, rounds } from "./rounds.mjs";
import { PASSWORD, sessionAt, setUp, until } from "./world.mjs";

const CUTS = rounds(30, 200);
const KILLS = rounds(2, 5);
const RENEWALS = rounds(1, 2);

/** tell runs the story with a recipe: connect makes a client of a session, openRoom opens a room with it. */
export function tell(recipe) {
  test("the list is right, whether a chat comes before or after the page", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    await bob.send("before");
    proxy.holds = (bytes) => /events\(|^Upgrade:/im.test(bytes); // what a WebSocket sends is masked
    const room = opened(t, recipe, session);
    await until(() => proxy.held > 0);
    await bob.send("between the page and the stream");
    proxy.release();
    await bob.send("after");
    await room.shows(3);
    await room.heardOnce(2, 3);
  });

  test("an own chat shows at once, hides nothing, and is one row", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const room = opened(t, recipe, session);
    await room.opened;
    proxy.holds = (bytes) => bytes.includes("sendChat");
    const sent = room.send("mine");
    assert.deepEqual(room.texts(), ["mine"]);
    assert.equal(room.list.at(-1).number, null);
    await until(() => proxy.held > 0);
    await bob.send("theirs");
    await until(() => room.texts().join() === "theirs,mine");
    proxy.release();
    await sent;
    await room.shows(2);
    assert.deepEqual(
      room.list.map(({ number, text }) => [number, text]),
      [
        [1, "theirs"],
        [2, "mine"],
      ],
    );
    room.neverDoubled();
  });

  test("what is sent without a network waits, and is stored once, in order", patient, async (t) => {
    const { proxy, server, session } = await setUp(t);
    const room = opened(t, recipe, session);
    await room.opened;
    proxy.away = true;
    proxy.cut();
    const sent = ["one", "two", "three"].map((text) => room.send(text));
    const before = proxy.accepted;
    await until(() => proxy.accepted > before + 3);
    assert.deepEqual(room.texts(), ["one", "two", "three"]);
    proxy.away = false;
    await Promise.all(sent);
    await room.shows(3);
    assert.deepEqual(await server.texts(), ["one", "two", "three"]);
    room.neverDoubled();
  });

  test("edits and deletions arrive, also those of what was missed", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const ids = [];
    const say = async (text) => ids.push((await bob.send(text)).sendChat.id);
    for (let i = 0; i <= 50; i++) await say(`chat ${i}`); // one more than a page
    const room = opened(t, recipe, session);
    await room.opened;
    await bob.edit(ids[0], "nobody shows it");
    await bob.edit(ids[1], "edited");
    await bob.remove(ids[2]);
    await until(() => room.list[1]?.deletedAt);
    proxy.away = true;
    proxy.cut();
    await bob.edit(ids[3], "edited meanwhile");
    await bob.remove(ids[1]);
    await say("new");
    await bob.edit(ids[51], "new, and edited");
    proxy.away = false;
    await until(() => room.texts().at(-1) === "new, and edited");
    const texts = [null, null, "edited meanwhile", ...ids.slice(4, -1).map((_, i) => `chat ${i + 4}`), "new, and edited"];
    assert.deepEqual(room.texts(), texts);
    assert.deepEqual(
      room.list.map(({ id }) => id),
      ids.slice(1),
    );
    assert.deepEqual([room.list[0], room.list[2]].map(({ editedAt }) => typeof editedAt), ["string", "string"]);
    assert.deepEqual(room.heard, [52]);
  });

  test("what came late of a send does not undo an edit", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const elsewhere = sessionAt(t, { origin: bob.session.url.replace("/graphql", "") });
    await elsewhere.signIn("ann", PASSWORD);
    const room = opened(t, recipe, session);
    await room.opened;
    let held = 0;
    proxy.holdsAnswers = (bytes) => bytes.includes('"sendChat"') && ++held > 0;
    const sent = room.send("first");
    await until(() => held > 0 && room.heard.length === 1);
    await elsewhere.ask("mutation ($id: ID!) { editChat(chat: $id, text: \"second\") { id } }", { id: room.list[0].id });
    await until(() => room.texts().join() === "second");
    proxy.release();
    await sent;
    await bob.send("third");
    await room.shows(2);
    assert.deepEqual(room.texts(), ["second", "third"]);
    room.neverDoubled();
  });

  // React mounts twice in development: open, close, open.
  test("a room that is closed before it has opened stays closed", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const client = recipe.connect(session);
    proxy.holds = (bytes) => bytes.includes("chats(");
    const first = opened(t, recipe, session, client);
    await until(() => proxy.held > 0);
    first.close();
    const second = opened(t, recipe, session, client);
    proxy.release();
    await Promise.all([first.opened, second.opened]);
    await bob.send("for the second");
    await second.shows(1);
    assert.deepEqual(second.heard, [1]);
    assert.deepEqual(first.heard, []);
  });

  test("a send that is refused leaves no row", patient, async (t) => {
    const { session } = await setUp(t);
    const room = opened(t, recipe, session);
    await room.opened;
    await assert.rejects(room.send("x".repeat(10_001)), /10000 characters/);
    await assert.rejects(room.send("😀".slice(0, 1)), { code: "BAD_USER_INPUT" }); // half of it is no text
    assert.deepEqual(room.texts(), []);
  });

  // Each connection breaks after some bytes, in the middle of whatever it carries: a handshake, a frame, an
  // answer. Sends and refreshes go over the same line, so their answers are lost too.
  test(`${CUTS} cuts: every chat once and in order`, patient, async (t) => {
    const { bob, proxy, server, session } = await setUp(t);
    const room = opened(t, recipe, session);
    await room.opened;
    proxy.lifetime = () => (proxy.cuts < CUTS ? 100 + Math.random() * 1200 : Infinity);
    proxy.cut();
    const mine = [];
    for (let i = 0; proxy.cuts < CUTS; i++) {
      if (i % 10 === 0) mine.push(room.send(`mine ${i}`));
      await bob.send(`theirs ${i}`);
    }
    await Promise.all(mine);
    await same(room, server);
    await room.heardOnce(1, server.count);
    room.neverDoubled();
    t.diagnostic(`${proxy.cuts} cuts, ${server.count} chats`);
  });

  test(`a server killed and started again, times ${KILLS}`, patient, async (t) => {
    const { bob, server, session, ...world } = await setUp(t);
    const room = opened(t, recipe, session);
    await room.opened;
    const enough = new AbortController();
    const everybody = [bob, room].map(async ({ send }) => {
      for (let i = 0; !enough.signal.aborted; i++) await send(`chat ${i}`);
    });
    for (let i = 0; i < KILLS; i++) {
      const { length } = room.heard;
      await until(() => room.heard.length > length + 20);
      await world.kill();
    }
    enough.abort();
    await Promise.all(everybody);
    await same(room, server);
    await room.heardOnce(1, server.count);
    room.neverDoubled();
  });

  test(
    "tokens that live for two seconds, of a reader, and of a writer whose connections are cut",
    patient,
    async (t) => {
      const { bob, proxy, server, session } = await setUp(t, { ACCESS_TOKEN_LIFETIME: "2s", LEEWAY: "0s" });
      const room = opened(t, recipe, session);
      await room.opened;
      const renewed = session.storage.stored;
      await until(async () => (await bob.send("to a reader"), session.storage.stored >= renewed + RENEWALS));
      for (let i = 0; session.storage.stored < renewed + 2 * RENEWALS; i++) {
        if (i % 20 === 0) await room.send(`mine ${i}`);
        if (i % 500 === 0) proxy.cut();
        await bob.send("to a writer");
      }
      await same(room, server);
      await room.heardOnce(1, server.count);
    },
  );

  test("a backup put back: the list shows what the server has, and goes on", patient, async (t) => {
    const { bob, parley, restart, server, session } = await setUp(t);
    await bob.send("kept");
    const backup = join(parley.data, "backup.db");
    await parley.tell("backup", backup);
    const room = opened(t, recipe, session);
    await room.opened;
    await bob.send("lost");
    await room.shows(2);
    await parley.stop();
    for (const suffix of ["", "-wal", "-shm"]) await rm(join(parley.data, `parley.db${suffix}`), { force: true });
    await copyFile(backup, join(parley.data, "parley.db"));
    await restart(() => bob.send("new"));
    await until(() => room.texts().join() === "kept,new");
    await bob.send("newer");
    await room.shows(3);
    assert.deepEqual(room.texts(), await server.texts());
  });

  test("a session that is ended elsewhere is told from a cut line and from an old token", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const told = [];
    session.signedOut = (reason) => told.push(reason.code);
    const room = opened(t, recipe, session);
    await room.opened;
    proxy.cut();
    session.expire(await session.token());
    await bob.send("still there");
    await room.shows(1);
    assert.deepEqual([room.reason, ...told], [undefined]);

    const elsewhere = sessionAt(t, { origin: bob.session.url.replace("/graphql", "") });
    await elsewhere.signIn("ann", PASSWORD);
    await elsewhere.ask("mutation { logout(scope: OTHERS) }");
    await until(() => room.reason && told.length > 0);
    assert.equal(room.reason.code, "SESSION_REVOKED");
    assert.deepEqual(told, ["SESSION_REVOKED"]);
    assert.equal(session.signedIn, false);
    await assert.rejects(room.send("too late"), ({ code }) => ["UNAUTHENTICATED", "SESSION_REVOKED"].includes(code));
    assert.deepEqual(room.texts(), ["still there"]);
  });

  test("a session that was ended while the line was cut is told, too", patient, async (t) => {
    const { bob, proxy, session } = await setUp(t);
    const told = [];
    session.signedOut = (reason) => told.push(reason.code);
    const room = opened(t, recipe, session);
    await room.opened;
    proxy.away = true;
    proxy.cut();
    const elsewhere = sessionAt(t, { origin: bob.session.url.replace("/graphql", "") });
    await elsewhere.signIn("ann", PASSWORD);
    await elsewhere.ask("mutation { logout(scope: OTHERS) }");
    proxy.away = false;
    await until(() => room.reason && told.length > 0);
    assert.deepEqual([room.reason.code, ...told], ["SESSION_REVOKED", "SESSION_REVOKED"]);
  });

  test("whoever signs out is not told, and the room ends", patient, async (t) => {
    const { session } = await setUp(t);
    session.signedOut = assert.fail;
    const room = opened(t, recipe, session);
    await room.opened;
    await session.signOut();
    await until(() => room.reason);
  });
}
