// The rooms one is in, what is unread there, and who is in them.
import { expect, onTestFinished, test, vi } from "vitest";
import type { Room, SignedIn } from "../src/index.ts";
import { Members, People, Previews } from "../src/people.ts";
import { begin, opened } from "./opened.ts";
import { chat, page, room, roomNow, rooms, say } from "./rooms.ts";
import { gate, person, refused, until } from "./scripted.ts";

const listed = (signedIn: SignedIn) => signedIn.rooms.list.get()?.map(({ id, unreadCount, mentionCount }) => `${id} ${unreadCount} ${mentionCount}`);

test("rooms are listed, the latest active first, with what is unread", async () => {
  const counted = { unreadCount: 2, mentionCount: 1, lastNumber: 7, lastChat: chat(7) };
  const { signedIn, stream } = await begin((one) => rooms(one, room("a", counted), room("b")));
  await until(() => listed(signedIn)?.length === 2);
  expect(listed(signedIn)).toEqual(["a 2 1", "b 0 0"]);
  say(stream(), "b", 1, { createdAt: "2026-02-01T00:00:00.000Z", mentions: [{ id: "u-ann", username: "ann" }] });
  say(stream(), "b", 2, { createdAt: "2026-02-01T00:00:01.000Z", username: "ann" });
  say(stream(), "b", 3, { createdAt: "2026-02-01T00:00:02.000Z" });
  await until(() => listed(signedIn)?.[0] === "b 2 1");
  expect(signedIn.rooms.get("b")?.lastChat?.number).toBe(3);
  const gone = chat(3, { createdAt: "2026-02-01T00:00:02.000Z", text: null, deletedAt: "now" });
  stream().next({ kind: "CHAT_DELETED", cursor: "b-4", room: roomNow("b"), chat: gone });
  await until(() => listed(signedIn)?.[0] === "b 1 1");
});

test("what the stream has brought is not counted twice when the server has counted it too", async () => {
  const { server, signedIn, stream } = await begin((one) => rooms(one, room("a")));
  await until(() => listed(signedIn)?.length === 1);
  for (const number of [1, 2]) say(stream(), "a", number);
  await until(() => listed(signedIn)?.[0] === "a 2 0");
  rooms(server, room("a", { unreadCount: 2, lastNumber: 2, topic: "counted" }));
  await signedIn.rooms.refresh();
  await until(() => signedIn.rooms.get("a")?.topic === "counted");
  expect(listed(signedIn)).toEqual(["a 2 0"]);
  say(stream(), "a", 3);
  await until(() => listed(signedIn)?.[0] === "a 3 0");
});

test("reading counts at once, here and on other devices, and the server is told of each room the newest", async () => {
  const { server, signedIn, stream } = await begin((one) => {
    rooms(one, room("a"));
    one.on("RoomPage", () => page("a", []));
    one.on("OneRoom", () => ({ data: { room: room("a", { unreadCount: 1, lastNumber: 3, me: { id: "m", role: "MEMBER", lastRead: 2, notify: "ALL" } }) } }));
  });
  const timeline = await opened(signedIn);
  for (const number of [1, 2, 3]) say(stream(), "a", number);
  await until(() => listed(signedIn)?.[0] === "a 3 0" && timeline.last === 3);
  server.on("MarkRead", () => ({ data: { markRead: { id: "m", lastRead: 2 } } }));
  void signedIn.rooms.markRead("a", { id: "c-1", number: 1 });
  void signedIn.rooms.markRead("a", { id: "c-2", number: 2 });
  expect(listed(signedIn)).toEqual(["a 1 0"]);
  expect(signedIn.rooms.get("a")?.me?.lastRead).toBe(2);
  const member = { id: "m", role: "MEMBER", joinedAt: "", lastRead: 3, user: person("ann") };
  stream().next({ kind: "MEMBER_READ", room: roomNow("a"), actor: person("ann"), member });
  await until(() => listed(signedIn)?.[0] === "a 0 0");
  stream().next({ kind: "CHAT_EDITED", cursor: "a-4", room: roomNow("a"), chat: chat(3, { text: "edited" }) });
  await until(() => timeline.chat(3)?.text === "edited");
  expect(listed(signedIn)).toEqual(["a 0 0"]);
  await until(() => server.named("MarkRead").length === 2);
  await timeline.markRead(); // nothing is newer
  expect(server.named("MarkRead").map(({ variables }) => variables["chat"])).toEqual(["c-1", "c-2"]);
});

test("a counted chat that changes, a room that is new, and a right that may have changed: the server is asked about that room", async () => {
  const { server, signedIn, stream } = await begin((one) => rooms(one, room("a", { unreadCount: 2, lastNumber: 7 })));
  await until(() => listed(signedIn)?.length === 1);
  const answers = new Map<string, Room | object>([["a", room("a", { unreadCount: 1, lastNumber: 7 })], ["b", room("b")]]);
  server.on("OneRoom", ({ variables }) => ({ data: { room: answers.get(String(variables["room"])) ?? null } }));
  stream().next({ kind: "CHAT_DELETED", cursor: "a-8", room: roomNow("a"), chat: chat(7, { text: null, deletedAt: "now" }) });
  await until(() => listed(signedIn)?.join() === "a 1 0");
  stream().next({ kind: "MEMBER_JOINED", cursor: "b-1", room: roomNow("b"), user: person("ann") });
  await until(() => listed(signedIn)?.length === 2);
  answers.set("a", room("a", { sendRole: "ADMIN", allowedActions: [] }));
  stream().next({ kind: "ROOM_UPDATED", cursor: "a-9", room: { ...roomNow("a"), name: "news", sendRole: "ADMIN" } });
  await until(() => signedIn.rooms.get("a")?.allowedActions.length === 0);
  expect(server.named("OneRoom").map(({ variables }) => variables["room"])).toEqual(["a", "b", "a"]);
});

test("what happens while the list is on its way is taken in behind it", async () => {
  const answer = gate();
  const { server, signedIn, stream } = await begin();
  const people = new People(signedIn);
  server.on("MyRooms", async () => {
    await answer.wait();
    return { data: { me: person("ann"), blockedUsers: [], rooms: { nodes: [room("a"), room("b")], pageInfo: { endCursor: null, hasNextPage: false } } } };
  });
  stream().socket.terminate();
  await until(() => server.named("MyRooms").length === 3);
  stream().next({ kind: "ROOM_DELETED", cursor: "a-1", room: roomNow("a") });
  say(stream(), "b", 1);
  await until(() => people.get("u-bob"));
  answer.open();
  await until(() => listed(signedIn)?.join() === "b 1 0");
});

// Somebody in a room.
const member = (name: string, role: string, more: object = {}) => ({ id: `m-${name}`, role, joinedAt: "", lastRead: null, user: person(name), ...more });

test("members come, change, read and go", async () => {
  const { server, signedIn, stream } = await begin((one) =>
    one.on("Members", ({ variables }) => ({
      data: {
        room: {
          members: variables["after"]
            ? { nodes: [member("zoe", "MEMBER")], pageInfo: { endCursor: null, hasNextPage: false } }
            : { nodes: [member("bob", "OWNER", { lastRead: 3 }), member("ann", "MEMBER")], pageInfo: { endCursor: "2", hasNextPage: true } },
        },
      },
    })),
  );
  const members = new Members(signedIn, "a");
  const shown = () => members.view.get().members?.map(({ user, role, lastRead }) => `${user.username} ${role} ${lastRead}`).join();
  await until(() => shown() === "bob OWNER 3,ann MEMBER null,zoe MEMBER null");
  stream().next({ kind: "MEMBER_CHANGED", cursor: "1", room: roomNow("a"), user: person("zoe"), member: member("zoe", "ADMIN") });
  stream().next({ kind: "MEMBER_READ", room: roomNow("a"), actor: person("bob"), member: member("bob", "OWNER", { lastRead: 9 }) });
  stream().next({ kind: "MEMBER_READ", room: roomNow("a"), actor: person("bob"), member: member("bob", "OWNER", { lastRead: 8 }) });
  stream().next({ kind: "MEMBER_LEFT", cursor: "2", room: roomNow("a"), user: person("ann2") });
  stream().next({ kind: "MEMBER_JOINED", cursor: "3", room: roomNow("a"), user: person("cy"), member: member("cy", "MEMBER") });
  await until(() => shown() === "bob OWNER 9,zoe ADMIN null,ann MEMBER null,cy MEMBER null", shown);
  stream().next({ kind: "MEMBER_REMOVED", cursor: "4", room: roomNow("a"), user: person("cy") });
  await until(() => shown() === "bob OWNER 9,zoe ADMIN null,ann MEMBER null");
  server.on("Members", () => refused("NOT_FOUND"));
  const none = new Members(signedIn, "gone");
  await until(() => none.view.get().problem);
  expect(none.view.get()).toMatchObject({ members: undefined, problem: { code: "NOT_FOUND" } });
});

test("no rooms is an answer, and none at all is a problem until there is one", async () => {
  const { server, signedIn, stream } = await begin((one) => one.on("MyRooms", () => refused("INTERNAL_SERVER_ERROR", { requestId: "r-1" })));
  await until(() => signedIn.rooms.problem.get());
  expect([signedIn.rooms.list.get(), signedIn.rooms.problem.get()]).toMatchObject([undefined, { kind: "refused", requestId: "r-1" }]);
  rooms(server);
  stream().socket.terminate();
  await until(() => signedIn.rooms.list.get()?.length === 0);
  expect(signedIn.rooms.problem.get()).toBeUndefined();
});

test("people are as they were heard of last, the same object until something changes", async () => {
  const { signedIn, stream } = await begin();
  const people = new People(signedIn);
  let changes = 0;
  people.subscribe(() => changes++);
  say(stream(), "a", 1);
  await until(() => people.get("u-bob"));
  const bob = people.get("u-bob");
  say(stream(), "a", 2);
  say(stream(), "a", 3, { user: { ...person("bob"), name: "Bob" } });
  await until(() => people.get("u-bob")?.name === "Bob" && changes > 0);
  expect([bob?.name, people.get("u-cy")]).toEqual(["bob", undefined]);
  people.close();
});

test("what a bot has written so far is shown until its chat comes, and of each room for itself", async () => {
  const { signedIn, stream } = await begin();
  const ends: (() => void)[] = []; // no time passes: what ends a text is what the test says
  const real = setTimeout;
  vi.stubGlobal("setTimeout", (work: () => void, ms: number) => (ms === 6000 ? ends.push(work) : real(work, ms)));
  onTestFinished(() => void vi.unstubAllGlobals());
  const previews = new Previews(signedIn, "a");
  const shown = () => previews.view.get().map(({ username, text }) => `${username}: ${text}`).join();
  const typing = { kind: "TYPING", actor: person("bob") };
  stream().next({ ...typing, room: roomNow("b"), preview: "elsewhere" });
  stream().next({ ...typing, room: roomNow("a"), preview: "It" });
  await until(() => shown() === "bob: It", shown);
  stream().next({ ...typing, room: roomNow("a"), preview: "It is" });
  await until(() => shown() === "bob: It is", shown);
  say(stream(), "a", 1);
  await until(() => shown() === "", shown);
  stream().next({ ...typing, room: roomNow("a"), preview: "More" });
  await until(() => shown() === "bob: More", shown);
  stream().next({ ...typing, room: roomNow("a") });
  await until(() => shown() === "", shown);
  stream().next({ ...typing, room: roomNow("a"), preview: "The last" });
  await until(() => shown() === "bob: The last", shown);
  ends.at(-1)?.();
  expect(shown()).toBe("");
  previews.close();
});
