// What is shown of a room, whatever order its news come in.
import { expect, test } from "vitest";
import type { Chat, SignedIn, Timeline } from "../src/index.ts";
import { People } from "../src/people.ts";
import { begin, opened } from "./opened.ts";
import { chat, page, range, read, room, roomNow, rooms, say } from "./rooms.ts";
import { gate, person, refused, Scripted, type Stream, tab, until } from "./scripted.ts";

const numbers = (timeline: Timeline) => timeline.view.get().chats.map(({ number }) => number);
const texts = (timeline: Timeline) => timeline.view.get().chats.map(({ text }) => text);
const from = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

test("what happens while the page is on its way is not undone by it", async () => {
  const answer = gate();
  const { server, signedIn, stream } = await begin();
  const people = new People(signedIn);
  server.on("RoomPage", async () => {
    await answer.wait();
    return page("a", range(1, 3));
  });
  const timeline = signedIn.open("a");
  await until(() => server.named("RoomPage").length === 1);
  stream().next({ kind: "CHAT_EDITED", cursor: "a-x", room: roomNow("a"), chat: chat(2, { text: "edited" }) });
  say(stream(), "a", 4);
  say(stream(), "b", 1);
  await until(() => people.get("u-bob"));
  answer.open();
  await until(() => timeline.last === 4);
  expect(texts(timeline)).toEqual(["chat 1", "edited", "chat 3", "chat 4"]);
});

test("a page that was read before the stream had begun is read again: nobody has told what came between", async () => {
  const server = await Scripted.start();
  let stream: Stream | undefined;
  server.begun = (one) => (stream = one);
  server.on("RoomPage", () => page("a", range(1, 3)));
  const parley = tab(server);
  await parley.session.login("ann", "correct horse battery");
  const timeline = await opened(parley.signedIn.get() as SignedIn);
  expect(numbers(timeline)).toEqual([1, 2, 3]); // shown, though there is no stream yet
  server.on("RoomPage", () => page("a", range(1, 5)));
  await until(() => stream);
  stream?.caughtUp("list-1");
  await until(() => timeline.last === 5);
});

test("older pages go before, and changes that come while they are on their way hold", async () => {
  const answer = gate();
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(51, 100))));
  const timeline = await opened(signedIn);
  expect(timeline.view.get().older).toBe("more");
  server.on("OlderChats", async () => {
    await answer.wait();
    return { data: { chats: { nodes: range(1, 50), pageInfo: { startCursor: "x", hasPreviousPage: false } } } };
  });
  void timeline.loadOlder();
  void timeline.loadOlder(); // one is on its way
  await until(() => server.named("OlderChats").length === 1);
  stream().next({ kind: "CHAT_DELETED", cursor: "a-d", room: roomNow("a"), chat: chat(7, { text: null, deletedAt: "now" }) });
  say(stream(), "a", 101);
  await until(() => timeline.last === 101);
  answer.open();
  await until(() => timeline.view.get().older === "none");
  expect(numbers(timeline)).toEqual(from(1, 101));
  expect(timeline.chat(7)).toMatchObject({ text: null, deletedAt: "now" });
  expect(server.named("OlderChats")).toHaveLength(1);
  await timeline.loadOlder();
  expect(server.named("OlderChats")).toHaveLength(1);
});

test("an older page that could not be read can be asked for again", async () => {
  const { server, signedIn } = await begin((one) => one.on("RoomPage", () => page("a", range(51, 100))));
  const timeline = await opened(signedIn);
  server.on("OlderChats", () => "cut");
  await timeline.loadOlder();
  expect(timeline.view.get().older).toBe("failed");
  server.on("OlderChats", () => ({ data: { chats: { nodes: range(41, 50), pageInfo: { startCursor: "y", hasPreviousPage: true } } } }));
  await timeline.loadOlder();
  expect(numbers(timeline)).toEqual(from(41, 100));
});

test("to append a chat touches that chat alone", async () => {
  const { signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 50))));
  const timeline = await opened(signedIn);
  const before = timeline.view.get().chats;
  for (let number = 51; number <= 2000; number++) say(stream(), "a", number);
  await until(() => timeline.last === 2000);
  expect(timeline.view.get().chats.slice(0, 50).every((one, i) => one === before[i])).toBe(true);
  expect(timeline.chat(2000)?.text).toBe("chat 2000");
});

test("a hole, which cannot be, is filled by reading the page again", async () => {
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 3))));
  const timeline = await opened(signedIn);
  server.on("RoomPage", () => page("a", range(1, 6)));
  say(stream(), "a", 6);
  await until(() => timeline.last === 6);
  expect(numbers(timeline)).toEqual(from(1, 6));
});

test("the first chat of a room, and news of another one", async () => {
  const { signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", [])));
  const timeline = await opened(signedIn);
  say(stream(), "b", 1);
  say(stream(), "a", 1);
  await until(() => timeline.last === 1);
  expect(numbers(timeline)).toEqual([1]);
});

test("answers count, and those of a deleted chat show that it is gone", async () => {
  const { signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 2))));
  const timeline = await opened(signedIn);
  const quote = { id: "c-1", number: 1, username: "bob", text: "chat 1", deletedAt: null, replyCount: 1 };
  say(stream(), "a", 3, { replyTo: quote });
  await until(() => timeline.last === 3);
  expect(timeline.find("c-1")?.replyCount).toBe(1);
  stream().next({ kind: "CHAT_DELETED", cursor: "a-4", room: roomNow("a"), chat: chat(1, { text: null, deletedAt: "now", replyCount: 1 }) });
  await until(() => timeline.chat(1)?.deletedAt);
  expect(timeline.chat(3)?.replyTo).toMatchObject({ text: null, deletedAt: "now" });
});

const pills = (one: Chat | undefined) => one?.reactions.map(({ emoji, count, mine }) => `${emoji}${count}${mine ? "!" : ""}`).join(" ");

test("a reaction shows at once, once, and is taken back when it is refused", async () => {
  const { server, signedIn, stream } = await begin((one) =>
    one.on("RoomPage", () => page("a", [read(1, { reactions: [{ emoji: "👍", count: 1, users: [{ username: "bob" }] }] })])),
  );
  const timeline = await opened(signedIn);
  const answer = gate();
  server.on("React", async () => {
    await answer.wait();
    return { data: { react: { id: "c-1" } } };
  });
  const reacted = timeline.react("c-1", "👍", true);
  expect(pills(timeline.chat(1))).toBe("👍2!");
  await until(() => server.named("React").length === 1);
  const reactions = [{ emoji: "👍", count: 2, users: [{ username: "bob" }, { username: "ann" }] }];
  stream().next({ kind: "CHAT_REACTED", cursor: "a-2", emoji: "👍", actor: person("ann"), room: roomNow("a"), chat: chat(1, { reactions }) });
  await until(() => timeline.chat(1)?.reactions[0]?.users.length === 2);
  expect(pills(timeline.chat(1))).toBe("👍2!");
  answer.open();
  await reacted;
  expect(pills(timeline.chat(1))).toBe("👍2!");
  server.on("React", () => refused("LIMIT_REACHED", { reason: "REACTIONS" }));
  const another = timeline.react("c-1", "🎉", true);
  expect(pills(timeline.chat(1))).toBe("👍2! 🎉1!");
  await expect(another).rejects.toMatchObject({ problem: { kind: "refused", reason: "REACTIONS" } });
  expect(pills(timeline.chat(1))).toBe("👍2!");
  stream().next({ kind: "CHAT_UNREACTED", cursor: "a-3", emoji: "👍", actor: person("ann"), room: roomNow("a"), chat: chat(1, { reactions: [] }) });
  await until(() => pills(timeline.chat(1)) === "");
});

test("a reaction that was answered before the stream has told it can be taken off on another device", async () => {
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 1))));
  server.on("React", () => ({ data: { react: { id: "c-1" } } }));
  const timeline = await opened(signedIn);
  await timeline.react("c-1", "👍", true);
  expect(pills(timeline.chat(1))).toBe("👍1!");
  const reactions = [{ emoji: "👍", count: 1, users: [{ username: "ann" }] }];
  stream().next({ kind: "CHAT_REACTED", cursor: "a-2", emoji: "👍", actor: person("ann"), room: roomNow("a"), chat: chat(1, { reactions }) });
  stream().next({ kind: "CHAT_UNREACTED", cursor: "a-3", emoji: "👍", actor: person("ann"), room: roomNow("a"), chat: chat(1) });
  await until(() => pills(timeline.chat(1)) === "");
});

test("who is typing, until they have said it", async () => {
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", [])));
  server.on("SetTyping", () => ({ data: { setTyping: { id: "a" } } }));
  const timeline = await opened(signedIn);
  stream().next({ kind: "TYPING", room: roomNow("a"), actor: person("bob") });
  await until(() => timeline.view.get().typing.join() === "bob");
  say(stream(), "a", 1);
  await until(() => timeline.view.get().typing.length === 0);
  for (let i = 0; i < 10; i++) timeline.setTyping();
  await until(() => server.named("SetTyping").length === 1);
});

test.each([
  ["a deleted room", { kind: "ROOM_DELETED" }],
  ["a private room that one was removed from", { kind: "MEMBER_REMOVED", user: person("ann") }],
])("%s is lost, told as a value, and what was shown stays", async (_, event) => {
  const { server, signedIn, stream } = await begin((one) => {
    rooms(one, room("a"));
    one.on("RoomPage", () => page("a", range(1, 3)));
  });
  const timeline = await opened(signedIn);
  await until(() => signedIn.rooms.list.get()?.length === 1);
  server.on("RoomPage", () => refused("NOT_FOUND"));
  stream().next({ cursor: "a-9", room: roomNow("a"), ...event });
  await until(() => timeline.view.get().status === "lost");
  expect(timeline.view.get().problem).toMatchObject({ kind: "lost", room: "a", code: "NOT_FOUND" });
  expect(numbers(timeline)).toEqual([1, 2, 3]);
  expect(signedIn.rooms.list.get()).toEqual([]);
});

test("a public room that one has left, or is not in, is followed by a stream of its own, until one joins", async () => {
  const guest = { kind: "PUBLIC", me: null };
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 3))));
  const timeline = await opened(signedIn, "general");
  server.on("RoomPage", () => page("a", range(1, 3), guest));
  stream().next({ kind: "MEMBER_LEFT", cursor: "a-9", room: roomNow("a"), user: person("ann") });
  await until(() => server.streams.length === 2);
  const [all, own] = server.streams;
  expect(own?.variables).toEqual({ rooms: ["a"], after: ["sync-a"] });
  say(own, "a", 4);
  await until(() => timeline.last === 4);
  server.on("RoomPage", () => page("a", range(1, 5)));
  all?.next({ kind: "MEMBER_JOINED", cursor: "a-10", room: roomNow("a"), user: person("ann") });
  await until(() => timeline.last === 5 && own?.ended);
  say(all, "a", 6);
  await until(() => timeline.last === 6);
});

test("a room that may not be read is lost, one that cannot be shown has failed", async () => {
  const { server, signedIn } = await begin();
  server.on("RoomPage", () => refused("FORBIDDEN", { reason: "BANNED" }));
  const banned = signedIn.open("a");
  await until(() => banned.view.get().status === "lost");
  expect(banned.view.get().problem).toMatchObject({ kind: "lost", code: "FORBIDDEN", reason: "BANNED" });
  server.on("RoomPage", () => refused("INTERNAL_SERVER_ERROR", { requestId: "r-1" }));
  const failed = signedIn.open("a");
  await until(() => failed.view.get().status === "failed");
  expect(failed.view.get().problem).toMatchObject({ kind: "refused", requestId: "r-1" });
});

test("a room that is closed asks for nothing and changes no more", async () => {
  const { server, signedIn, stream } = await begin((one) => one.on("RoomPage", () => page("a", range(1, 3), { me: null })));
  const timeline = await opened(signedIn);
  await until(() => server.streams.length === 2);
  signedIn.close(timeline);
  await until(() => stream().ended);
  expect(timeline.last).toBe(3);
});
