// The same promises with curl alone: follow.sh, cut, killed and expired.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { spawn } from "../testing/children.mjs";
import { PASSWORD, runOut, setUp, until } from "../testing/world.mjs";
import { patient, rounds } from "../testing/rounds.mjs";

const CUTS = rounds(30, 200);
const KILLS = rounds(2, 5);
const script = fileURLToPath(new URL("follow.sh", import.meta.url));

test(`${CUTS} cuts`, patient, async (t) => {
  const { bob, proxy, server } = await setUp(t);
  const room = await follow(t, proxy, bob);
  proxy.lifetime = () => (proxy.cuts < CUTS ? 100 + Math.random() * 1200 : Infinity);
  proxy.cut();
  for (let i = 0; proxy.cuts < CUTS; i++) await bob.send(`chat "${i}"`);
  await same(room, server);
});

test(`a server killed and started again, times ${KILLS}`, patient, async (t) => {
  const { bob, proxy, server, ...world } = await setUp(t);
  const room = await follow(t, proxy, bob);
  for (let i = 0; i < KILLS; i++) {
    await Promise.all(Array.from({ length: 20 }, (_, j) => bob.send(`chat ${i} ${j}`)));
    await world.kill();
  }
  await same(room, server);
});

test("tokens that live for two seconds", patient, async (t) => {
  const { bob, proxy, server } = await setUp(t, { ACCESS_TOKEN_LIFETIME: "2s", LEEWAY: "0s" });
  const room = await follow(t, proxy, bob);
  for (const end = Date.now() + 7_000; Date.now() < end;) await bob.send("chat");
  await same(room, server);
});

test("a token that runs out before the room is asked where it is", patient, async (t) => {
  const { bob, proxy, server, session } = await setUp(t, { ACCESS_TOKEN_LIFETIME: "2s", LEEWAY: "0s" });
  proxy.holds = (bytes) => bytes.includes("syncCursor");
  const following = follow(t, proxy, bob);
  await until(() => proxy.held > 0);
  session.expire(await session.token());
  await runOut(bob.session, await session.token()); // which is younger than that of the script
  proxy.release();
  await same(await following, server);
});

test("whoever signs out elsewhere is told, and it ends", patient, async (t) => {
  const { bob, proxy, session } = await setUp(t);
  const room = await follow(t, proxy, bob);
  await session.ask("mutation { logout(scope: OTHERS) }");
  await room.ended;
  assert.deepEqual([room.status, room.errors], [1, "signed out\n"]);
});

// follow starts the script and returns the chats it prints, once the first, number 1, has come.
async function follow(t, { origin }, bob) {
  const env = { PATH: process.env.PATH, PARLEY: origin, NAME: "ann", PASSWORD, PAUSE: "0.01" };
  const shell = spawn(script, ["general"], { env, stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => shell.exitCode ?? process.kill(-shell.pid));
  const heard = Object.assign([], { errors: "" });
  shell.stderr.on("data", (bytes) => (heard.errors += bytes));
  heard.ended = once(shell, "close").then(([status]) => (heard.status = status));
  createInterface({ input: shell.stdout }).on("line", (line) => heard.push(JSON.parse(line).data.chatSent));
  // It does not say when it has its cursor, so the first chats may come before.
  await until(async () => (await bob.send("first"), heard.length > 0));
  return heard;
}

// same waits for the last chat and compares what was printed with what the server has from there on.
async function same(heard, server) {
  const chats = await server.read();
  await until(
    () => heard.at(-1).number === chats.length,
    () => heard.length,
  );
  assert.deepEqual(
    heard.map(({ number, text }) => ({ number, text })),
    chats.slice(heard[0].number - 1).map(({ number, text }) => ({ number, text })),
  );
}
