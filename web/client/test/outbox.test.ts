// What waits to be sent: kept, in order, once, changeable, and refused by a value.
import "fake-indexeddb/auto";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Outbox, Parley, ParleyOptions } from "../src/index.ts";
import { page, range, room, rooms, say, taking } from "./rooms.ts";
import { disk, gate, refused, Scripted, tab, until } from "./scripted.ts";

let databases = 0;

async function begin(options: Partial<ParleyOptions> = {}) {
  const server = await Scripted.start();
  const stored = taking(server);
  const shared = { storage: disk(), database: `outbox-${databases++}`, ...options };
  const parley = tab(server, shared);
  await parley.session.login("ann", "correct horse battery");
  const another = (more: Partial<ParleyOptions> = {}) => tab(server, { ...shared, ...more });
  return { server, stored, parley, another, outbox: outboxOf(parley), texts: () => [...stored.values()].map(({ text }) => text) };
}

function outboxOf(parley: Parley) {
  const outbox = parley.signedIn.get()?.outbox;
  if (!outbox) throw new Error("nobody is signed in");
  return outbox;
}

// isDone: the server has all of them. What a stream that begins may have missed is not listed any more.
const isDone = (outbox: Outbox) => outbox.entries.get().every(({ state }) => state === "sent");

const shown = (parley: Parley) => (parley.signedIn.get()?.outbox.entries.get() ?? []).map(({ text, state }) => `${text}: ${state}`);

test("chats of a room are stored in order, each once, however often answers are lost", async () => {
  const { server, stored, outbox, texts } = await begin();
  const take = taking(server);
  let n = 0;
  const wanted = Array.from({ length: 10 }, (_, i) => `chat ${i}`);
  const script = server.script("SendChat");
  server.on("SendChat", async (call) => {
    const answer = await script(call);
    return n++ % 3 ? "cut" : answer;
  });
  for (const text of wanted) outbox.send("a", text);
  await until(() => isDone(outbox));
  expect([...take.values()].map(({ text }) => text)).toEqual(wanted);
  expect([stored.size, texts()]).toEqual([0, []]);
});

test("what is waiting shows at once, under the id that it will have", async () => {
  const { server, parley, outbox } = await begin();
  server.on("SendChat", () => "never");
  const id = outbox.send("a", "hello", { replyTo: "c-1", data: { x: 1 } });
  expect(outbox.entries.get()).toMatchObject([{ id, room: "a", text: "hello", replyTo: "c-1", data: { x: 1 }, state: "waiting" }]);
  await until(() => server.named("SendChat").length === 1);
  expect(server.named("SendChat")[0]?.variables).toEqual({ id, room: "a", text: "hello", replyTo: "c-1", data: { x: 1 } });
  parley.stop();
});

test("a room that waits holds up no other", async () => {
  const { server, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", (call) => (call.variables["room"] === "full" ? refused("RATE_LIMITED", { retryable: true }) : script(call)));
  outbox.send("full", "waits");
  outbox.send("a", "goes");
  await until(() => texts().length === 1);
  expect(texts()).toEqual(["goes"]);
});

test("a chat that waits can be changed and discarded, and nobody learns of it", async () => {
  const { server, outbox, texts } = await begin();
  const script = server.script("SendChat");
  let away = true;
  server.on("SendChat", (call) => (away ? "cut" : script(call)));
  const first = outbox.send("a", "first");
  const second = outbox.send("a", "second");
  const third = outbox.send("a", "third");
  await until(() => server.named("SendChat").length > 0);
  await outbox.discard(second);
  await outbox.edit(third, "3rd");
  await outbox.edit(first, "1st");
  away = false;
  await until(() => isDone(outbox));
  expect(texts()).toEqual(["1st", "3rd"]);
  expect([server.named("EditChat").length, server.named("DeleteChat").length]).toEqual([0, 0]);
});

test("a change of a chat whose answer was lost is made behind it", async () => {
  const { server, outbox, texts } = await begin();
  const script = server.script("SendChat");
  let lose = true;
  server.on("SendChat", async (call) => {
    const answer = await script(call);
    return lose ? "cut" : answer;
  });
  const id = outbox.send("a", "before");
  await until(() => texts().length === 1);
  await outbox.edit(id, "after");
  lose = false;
  await until(() => isDone(outbox));
  expect(texts()).toEqual(["after"]);
});

test("what somebody has made of a chat on another device is not undone by an answer that comes late", async () => {
  const { server, stored, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", async (call) => {
    await script(call);
    const chat = stored.get(String(call.variables["id"]));
    if (chat) chat.text = "edited elsewhere";
    return server.named("SendChat").length === 1 ? "cut" : script(call);
  });
  outbox.send("a", "mine");
  await until(() => isDone(outbox));
  expect([texts(), server.named("EditChat").length]).toEqual([["edited elsewhere"], 0]);
});

test("a chat that is discarded after it has reached the server is deleted there", async () => {
  const { server, stored, outbox } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", async (call): Promise<"cut"> => {
    await script(call);
    return "cut";
  });
  const id = outbox.send("a", "oh no");
  await until(() => stored.size === 1);
  await outbox.discard(id);
  expect(outbox.entries.get()).toEqual([]);
  await until(() => stored.get(id)?.deletedAt);
});

test("one that was refused says why, holds up nobody, and goes once it is changed", async () => {
  const { server, parley, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", (call) => (String(call.variables["text"]).length > 5 ? refused("BAD_USER_INPUT", { field: "text", reason: "TOO_LONG" }) : script(call)));
  const long = outbox.send("a", "too long");
  outbox.send("a", "next");
  await until(() => texts().length === 1);
  expect(outbox.entries.get()[0]?.problem).toMatchObject({ kind: "refused", code: "BAD_USER_INPUT", field: "text", reason: "TOO_LONG" });
  await outbox.again(long);
  await until(() => shown(parley)[0] === "too long: refused");
  await outbox.edit(long, "short");
  await until(() => texts().length === 2);
  expect(texts()).toEqual(["next", "short"]);
});

test("a room that is not there is lost, and that is another value than a refusal", async () => {
  const { server, outbox } = await begin();
  server.on("SendChat", () => refused("NOT_FOUND"));
  outbox.send("gone", "hello");
  await until(() => outbox.entries.get()[0]?.problem);
  expect(outbox.entries.get()[0]?.problem).toMatchObject({ kind: "lost", room: "gone" });
});

test("an id that something else has is replaced by another", async () => {
  const { server, outbox, texts } = await begin();
  const script = server.script("SendChat");
  const id = outbox.send("a", "hello");
  server.on("SendChat", (call) => (call.variables["id"] === id ? refused("ID_TAKEN") : script(call)));
  await until(() => texts().length === 1);
  expect(outbox.entries.get().map((entry) => entry.id)).not.toContain(id);
});

test("what waits survives the closing of the tab, and is sent once by the next", async () => {
  const { server, parley, another, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", () => "cut");
  outbox.send("a", "one");
  outbox.send("a", "two");
  await until(() => outbox.entries.get().every(({ fleeting }) => !fleeting) && server.named("SendChat").length > 0);
  parley.stop();
  server.on("SendChat", script);
  const next = another();
  await until(() => texts().length === 2);
  await until(() => shown(next).every((row) => row.endsWith("sent")));
  expect(texts()).toEqual(["one", "two"]);
});

test("a change is done when it is kept, also where nothing is being sent and the server is away", async () => {
  const { server, another, outbox } = await begin();
  server.on("SendChat", () => "cut");
  const other = another({ wait: () => new Promise<void>(() => {}) });
  outbox.send("b", "what it may find when it opens");
  await until(() => shown(other).length === 1);
  const id = outbox.send("a", "one");
  await until(() => shown(other).length === 2);
  await outboxOf(other).edit(id, "two");
  await outboxOf(other).again(id);
  await outboxOf(other).discard(id);
});

test("two tabs: both show what waits, either changes it, and it is stored once", async () => {
  const { server, parley, another, outbox, texts } = await begin();
  const script = server.script("SendChat");
  let away = true;
  server.on("SendChat", (call) => (away ? "cut" : script(call)));
  const other = another();
  const [one, two] = [outbox.send("a", "one"), outbox.send("a", "two")];
  await until(() => shown(other).join() === "one: waiting,two: waiting");
  await outboxOf(other).edit(one, "changed in the other tab");
  await outboxOf(other).discard(two);
  await until(() => shown(parley).join() === "changed in the other tab: waiting");
  away = false;
  await until(() => texts().length === 1);
  await until(() => [parley, other].every((each) => outboxOf(each).entries.get().every(({ state }) => state === "sent")));
  expect(texts()).toEqual(["changed in the other tab"]);
});

test("what one tab sends, another that shows it does not send too", async () => {
  const { server, another, outbox, texts } = await begin();
  const held = gate();
  const script = server.script("SendChat");
  server.on("SendChat", async (call) => {
    await held.wait();
    return script(call);
  });
  const other = another({ wait: () => new Promise<void>(() => {}) });
  outbox.send("b", "what it may find when it opens, and send");
  await until(() => shown(other).length === 1);
  outbox.send("a", "one");
  await until(() => shown(other).includes("one: waiting"));
  held.open();
  await until(() => isDone(outbox) && !shown(other).includes("one: waiting"));
  expect(texts()).toContain("one");
  expect(server.named("SendChat").filter(({ variables }) => variables["room"] === "a").length).toBe(1);
});

test("a session that is revoked while sending: nothing is lost, and it is sent after the next sign-in", async () => {
  const { server, parley, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", () => refused("SESSION_REVOKED", { reason: "PASSWORD_CHANGED" }));
  server.on("Refresh", () => refused("SESSION_REVOKED", { reason: "PASSWORD_CHANGED" }));
  outbox.send("a", "still here");
  await until(() => !parley.session.user);
  expect(parley.session.state.get()).toMatchObject({ problem: { kind: "revoked", reason: "PASSWORD_CHANGED" } });
  server.on("SendChat", script);
  await parley.session.login("ann", "another password");
  await until(() => texts().length === 1);
  expect(texts()).toEqual(["still here"]);
});

test("somebody else who signs in sends nothing of it; signing out deletes it, in all tabs", async () => {
  const { server, parley, another, outbox, texts } = await begin();
  server.on("SendChat", () => "cut");
  outbox.send("a", "ann's");
  const other = another();
  await until(() => shown(other).length === 1);
  await parley.signOut();
  await parley.session.login("ann", "correct horse battery");
  await until(() => shown(other).length === 0); // or it is signed out
  expect([shown(parley), texts()]).toEqual([[], []]);
});

test("without IndexedDB it lives as long as the page, and says so", async () => {
  vi.stubGlobal("indexedDB", { open: () => { throw new DOMException("no", "InvalidStateError"); } });
  onTestFinished(() => void vi.unstubAllGlobals());
  const { server, outbox, texts } = await begin();
  const script = server.script("SendChat");
  server.on("SendChat", () => "cut");
  const id = outbox.send("a", "here");
  await until(() => server.named("SendChat").length > 0);
  expect(outbox.entries.get()[0]?.fleeting).toBe(true);
  await outbox.edit(id, "here only");
  server.on("SendChat", script);
  await until(() => isDone(outbox));
  expect(texts()).toEqual(["here only"]);
});

test("an own chat is one row, whether the answer or the stream comes first", async () => {
  const { server, parley, outbox } = await begin();
  rooms(server);
  server.on("RoomPage", () => page("a", range(1, 3)));
  const timeline = parley.signedIn.get()?.open("a");
  await until(() => timeline?.view.get().status === "ready" && server.named("MyRooms").length === 2);
  const rows = () => [...(timeline?.view.get().chats ?? []).map(({ text }) => text), ...(timeline?.view.get().waiting ?? []).map(({ text }) => text)];
  const script = server.script("SendChat");
  const first = timeline?.send("answer first") ?? "";
  await until(() => isDone(outbox));
  expect(rows().at(-1)).toBe("answer first");
  say(server.streams[0], "a", 4, { id: first, username: "ann", text: "answer first" });
  await until(() => timeline?.last === 4);
  expect(rows().filter((text) => text === "answer first")).toHaveLength(1);
  await until(() => outbox.entries.get().length === 0);
  const answer = gate();
  server.on("SendChat", async (call) => {
    await answer.wait();
    return script(call);
  });
  const second = timeline?.send("stream first") ?? "";
  await until(() => server.named("SendChat").length === 2);
  say(server.streams[0], "a", 5, { id: second, username: "ann", text: "stream first" });
  await until(() => timeline?.last === 5);
  expect(rows().filter((text) => text === "stream first")).toHaveLength(1);
  answer.open();
  await until(() => outbox.entries.get().length === 0);
});

test("a chat that was stored just before the stream began, and answered after it, does not wait to be shown for ever", async () => {
  const { server, outbox, texts } = await begin();
  await until(() => server.named("MyRooms").length === 2);
  rooms(server, room("a", { lastNumber: 1 })); // it is in the room, and the stream will not bring it
  server.streams[0]?.socket.terminate();
  await until(() => server.named("MyRooms").length === 3);
  outbox.send("a", "hello");
  await until(() => texts().length === 1 && outbox.entries.get().length === 0);
});

test("what was answered and is not shown is sent again when the server has another history", async () => {
  const { server, outbox, stored, texts } = await begin();
  await until(() => server.named("MyRooms").length === 2); // the stream has begun
  const id = outbox.send("a", "in the lost history");
  await until(() => isDone(outbox));
  stored.clear();
  server.streams[0]?.error("CURSOR_DIVERGED");
  await until(() => texts().length === 1);
  expect([...stored.keys()]).toEqual([id]);
});
