// Against the real server: its connections are cut in the middle of whatever they carry, it is killed, and tokens live for two
// seconds. In the end what is shown is what a fresh client shows, and nothing was told twice.
import "fake-indexeddb/auto";
import { createHmac } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LogEvent, SignedIn, Timeline } from "../src/index.ts";
// @ts-expect-error they are without types
import { rounds } from "../../clients/testing/rounds.mjs";
import { problem, until } from "./scripted.ts";
import { type host, password, short, world } from "./world.ts";

const CUTS = rounds(30, 200) as number;
const KILLS = rounds(2, 5) as number;

// What a client shows, all pages of each room.
async function shown(client: SignedIn, timelines: Map<string, Timeline>): Promise<string> {
  const rooms = client.rooms.list.get();
  const all: unknown[] = [];
  for (const { id, name, memberCount, unreadCount, mentionCount, lastNumber, lastChat, allowedActions } of rooms ?? []) {
    if (!timelines.has(id)) timelines.set(id, client.open(id));
    const timeline = timelines.get(id) as Timeline;
    await until(() => timeline.view.get().status !== "loading");
    for (let tries = 0; timeline.view.get().older !== "none" && tries < 100; tries++) await timeline.loadOlder();
    const { status, chats, waiting } = timeline.view.get();
    all.push({ id, name, memberCount, unreadCount, mentionCount, lastNumber, allowedActions, last: [lastChat?.number, lastChat?.text], status });
    all.push(waiting.length, ...chats.map(({ number, text, editedAt, deletedAt, replyTo, replyCount, reactions }) => ({ number, text, editedAt, deletedAt, replyTo, replyCount, reactions })));
  }
  return JSON.stringify(all);
}

// Each chat of a room is told once and in order, as far as one was in it.
function hears(client: SignedIn) {
  const heard = new Map<string, number[]>();
  const faults: string[] = [];
  client.onEvent(({ kind, room, chat, cursor }: LogEvent) => {
    if (kind !== "CHAT_SENT" || !room || !chat) return;
    const numbers = heard.get(room.id) ?? [];
    heard.set(room.id, numbers);
    if (chat.number <= (numbers.at(-1) ?? 0)) faults.push(`${room.id} ${chat.number} behind ${numbers.at(-1)} at ${cursor}`);
    numbers.push(chat.number);
  });
  return { heard, faults };
}

const any = <One>(list: readonly One[]): One => list[Math.floor(Math.random() * list.length)] as One;

// Everything that can happen, by chance; ann sends too.
async function life(bob: ReturnType<typeof host>, ann: SignedIn, ends: () => boolean) {
  const rooms: string[] = [];
  const chats: string[] = [];
  const sent: string[] = [];
  const steady = await bob.make("steady");
  for (let i = 0; !ends(); i++) {
    if (i % 12 === 0) rooms.push(await bob.make(`room ${i}`));
    const room = any([steady, ...rooms]);
    const chat = chats.length > 0 ? any(chats.slice(-20)) : undefined;
    chats.push(await bob.say(room, `chat ${i} for @ann`));
    if (i % 3 === 0) {
      const text = `mine ${i}`;
      sent.push(text);
      ann.outbox.send(steady, text);
    }
    if (!chat) continue;
    if (i % 4 === 1) await bob.edit(chat, `edited ${i}`).catch(() => {});
    if (i % 7 === 2) await bob.remove(chat).catch(() => {});
    if (i % 4 === 3) await bob.react(chat, any(["👍", "🎉"]), i % 8 === 3).catch(() => {});
    if (i % 9 === 4) await bob.rename(room, `renamed ${i}`).catch(() => {});
    if (i % 10 === 5 && room !== steady) await any([bob.drop, bob.add])(room).catch(() => {});
    if (i % 40 === 39 && rooms.length > 2) await bob.end(rooms.shift() ?? "").catch(() => {});
  }
  return { steady, sent };
}

async function same(client: SignedIn, timelines: Map<string, Timeline>, fresh: SignedIn) {
  await until(() => fresh.rooms.list.get() && fresh.connection.link.get() === "live");
  const want = new Map<string, Timeline>();
  let [is, should] = ["", "x"];
  await until(
    async () => {
      [is, should] = [await shown(client, timelines), await shown(fresh, want)];
      return is === should;
    },
    () => difference(is, should),
  );
  expect(is).toBe(should);
}

// Where two texts part.
function difference(is: string, should: string): string {
  let at = 0;
  while (is[at] === should[at]) at++;
  return `${is.slice(Math.max(0, at - 300), at + 200)}\n instead of\n${should.slice(Math.max(0, at - 300), at + 200)}`;
}

// Each of ann's chats is stored once, in the order in which she sent them.
function storedOnce(timeline: Timeline | undefined, sent: string[]) {
  const mine = timeline?.view.get().chats.filter(({ username }) => username === "ann") ?? [];
  expect(mine.map(({ text }) => text)).toEqual(sent);
}

test(`${CUTS} cuts, ${KILLS} kills, tokens of two seconds: nothing lost, nothing doubled`, async () => {
  const { line, bob, tab, fresh, kill } = await world(short);
  const ann = tab();
  const { faults } = hears(ann);
  const timelines = new Map<string, Timeline>();
  await until(() => ann.rooms.list.get()?.length === 0 && ann.connection.link.get() === "live", () => JSON.stringify([ann.rooms.list.get(), ann.connection.link.get(), ann.session.state.get()]));
  line.lifetime = () => (line.cuts < CUTS ? 300 + Math.random() * 6000 : Infinity);
  line.cut();
  let kills = 0;
  const killing = (async () => {
    while (kills < KILLS) {
      await until(() => line.cuts > (CUTS * (kills + 1)) / (KILLS + 2));
      await kill();
      kills++;
    }
  })();
  const { steady, sent } = await life(bob, ann, () => {
    for (const { id } of ann.rooms.list.get() ?? []) if (!timelines.has(id)) timelines.set(id, ann.open(id));
    return line.cuts >= CUTS && kills === KILLS;
  });
  await killing;
  await until(() => ann.outbox.entries.get().length === 0, () => JSON.stringify(ann.outbox.entries.get()));
  await same(ann, timelines, await fresh());
  storedOnce(timelines.get(steady), sent);
  expect(faults).toEqual([]);
  expect(ann.session.user?.username).toBe("ann");
});

test("two tabs with one storage over a line that breaks: both show the same, and each chat is sent once", async () => {
  const { line, bob, tab, fresh } = await world(short);
  const tabs = [tab(), tab()];
  const room = await bob.make("steady");
  const timelines = tabs.map((one) => new Map([[room, one.open(room)]]));
  line.lifetime = () => (line.cuts < CUTS ? 300 + Math.random() * 4000 : Infinity);
  line.cut();
  const sent = new Set<string>();
  for (let i = 0; line.cuts < CUTS; i++) {
    const text = `mine ${i}`;
    sent.add(text);
    any(tabs).outbox.send(room, text);
    await bob.say(room, `chat ${i}`);
  }
  await until(() => tabs.every(({ outbox }) => outbox.entries.get().length === 0), () => JSON.stringify(tabs.map(({ outbox }) => outbox.entries.get())));
  for (const [i, one] of tabs.entries()) await same(one, timelines[i] ?? new Map(), await fresh());
  const mine = timelines[0]?.get(room)?.view.get().chats.filter(({ username }) => username === "ann").map(({ text }) => text ?? "");
  expect(mine?.toSorted()).toEqual([...sent].toSorted());
  expect(tabs.map(({ session }) => session.user?.username)).toEqual(["ann", "ann"]);
});

test("a laptop that sleeps: its sockets are dead without a word, the clock has moved, and it shows what came meanwhile", async () => {
  const { line, bob, tab, fresh } = await world();
  const room = await bob.make("steady");
  const ann = tab();
  const timeline = ann.open(room);
  await until(() => timeline.view.get().status === "ready" && ann.connection.link.get() === "live");
  line.silence();
  for (let i = 0; i < 120; i++) await bob.say(room, `chat ${i}`);
  ann.outbox.send(room, "mine, from the train");
  await until(() => timeline.last === 121);
  await until(() => ann.outbox.entries.get().length === 0, () => JSON.stringify(ann.outbox.entries.get()));
  await same(ann, new Map([[room, timeline]]), await fresh());
});

test("a session that is revoked while sending is told as a value, and nothing is lost", async () => {
  const { bob, tab, fresh } = await world();
  const room = await bob.make("steady");
  const ann = tab();
  const elsewhere = await fresh();
  await until(() => ann.connection.link.get() === "live");
  await elsewhere.session.signOut("OTHERS");
  ann.outbox.send(room, "after the end");
  await until(() => !ann.session.user);
  expect(ann.session.state.get()).toMatchObject({ status: "out", problem: { kind: "revoked", code: "SESSION_REVOKED" } });
  await ann.session.login("ann", password);
  const again = tab(); // the same storage, and what was kept there
  await until(() => again.rooms.get(room)?.lastChat?.text === "after the end");
});

test("rooms that are lost, refusals and a public room that one only reads", async () => {
  const { bob, tab } = await world();
  const [ends, drops, open] = [await bob.make("ends"), await bob.make("drops"), await bob.make("open to all", "PUBLIC")];
  const ann = tab();
  await bob.drop(open);
  const timelines = [ends, drops, open].map((room) => ann.open(room));
  await until(() => timelines.every((one) => one.view.get().status === "ready"));
  await until(() => ann.connection.link.get() === "live");
  await bob.end(ends);
  await bob.drop(drops);
  await bob.say(open, "for all who read");
  await until(() => timelines.slice(0, 2).every((one) => one.view.get().status === "lost"));
  expect(timelines[0]?.view.get().problem).toMatchObject({ kind: "lost", room: ends, code: "NOT_FOUND" });
  expect(timelines[1]?.view.get().problem).toMatchObject({ kind: "lost", room: drops, code: "NOT_FOUND" });
  await until(() => timelines[2]?.last === 1);
  timelines[2]?.send("and now I am in it");
  await until(() => ann.rooms.get(open)?.lastChat?.text === "and now I am in it");
  await until(() => timelines[2]?.last === 2 && timelines[2].view.get().waiting.length === 0);
  expect(await problem(ann.session.ask('mutation M { sendChat(room: "general", text: "") { id } }', {}))).toMatchObject({ kind: "refused", code: "BAD_USER_INPUT", field: "text" });
});

const secret = "of the app, and of nobody else, at all";

// signed is a token of the app about somebody, with one more claim if it is given.
function signed(sub: string, more: object = {}): string {
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const claims = { iss: "https://app.example.org", aud: "parley", sub, exp, preferred_username: "carol", ...more };
  const text = [{ alg: "HS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

test("whoever the app's backend says somebody is signs in, and stays signed in without that token", async () => {
  const folder = mkdtempSync(join(tmpdir(), "issuers-"));
  const issuers = join(folder, "issuers.json");
  writeFileSync(join(folder, "app.secret"), `${secret}\n`, { mode: 0o600 });
  writeFileSync(issuers, JSON.stringify([{ issuer: "https://app.example.org", audience: ["parley"], secret_file: "app.secret" }]));
  const { stranger } = await world({ ISSUERS: issuers, REGISTRATION: "open" });
  const carol = stranger();
  const { id, username } = await carol.loginWith(signed("17"));
  expect(username).toBe("carol");
  carol.drop(await carol.token());
  expect(await carol.ask("query Me { me { id } }", {})).toEqual({ me: { id } });
  expect(await stranger().loginWith(signed("17"))).toEqual({ id, username });
  expect(await problem(stranger().loginWith(`${signed("17")}x`))).toMatchObject({ kind: "refused", code: "UNAUTHENTICATED", reason: "INVALID_TOKEN" });
  expect(await problem(stranger().loginWith(signed("17", { exp: 1 })))).toMatchObject({ kind: "refused", code: "UNAUTHENTICATED", reason: "TOKEN_EXPIRED" });
  expect(await carol.signOut()).toBe(1);
});
