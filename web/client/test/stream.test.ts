// The socket and the log: connections that end in every way, and where the stream goes on.
import { expect, onTestFinished, test } from "vitest";
import { Connection, Log, Session, type LogEvent, type LogPlace } from "../src/index.ts";
import { chat, page, range, roomNow, rooms, say } from "./rooms.ts";
import { disk, person, refused, Scripted, soon, tab, until } from "./scripted.ts";
import { WebSocket } from "ws";

async function begin(options = {}, before: (server: Scripted) => void = () => {}) {
  const server = await Scripted.start();
  before(server);
  const parley = tab(server, options);
  await parley.session.login("ann", "correct horse battery");
  const signedIn = parley.signedIn.get();
  if (!signedIn) throw new Error("nobody is signed in");
  const events: LogEvent[] = [];
  signedIn.onEvent((event) => events.push(event));
  await until(() => events.length > 0);
  const numbers = () => events.flatMap((event) => event.chat?.number ?? []);
  return { server, parley, session: parley.session, signedIn, events, numbers, stream: () => server.streams.at(-1) };
}

test("the stream goes on behind what was heard last, of every room", async () => {
  const { server, events, numbers, stream } = await begin();
  say(stream(), "a", 1);
  say(stream(), "b", 1);
  say(stream(), "a", 2);
  await until(() => numbers().length === 3);
  stream()?.socket.terminate();
  await until(() => server.streams.length === 2);
  expect(stream()?.variables).toEqual({ rooms: null, after: ["list-1", "a-2", "b-1"] });
  await until(() => events.filter(({ kind }) => kind === "CAUGHT_UP").length === 2);
  stream()?.socket.terminate();
  await until(() => server.streams.length === 3);
  expect(stream()?.variables).toEqual({ rooms: null, after: ["list-1"] }); // in which all of that is
});

test("an event that comes twice is told once", async () => {
  const { numbers, stream } = await begin();
  for (const number of [1, 1, 2, 2]) say(stream(), "a", number);
  stream()?.socket.terminate();
  await until(() => stream()?.variables.after?.includes("a-2"));
  say(stream(), "a", 2);
  say(stream(), "a", 3);
  await until(() => numbers().includes(3));
  expect(numbers()).toEqual([1, 2, 3]);
});

test.each([1012, 1013, 4408])("the server closes with %i: the same token comes back", async (code) => {
  const { server, stream } = await begin();
  stream()?.socket.close(code);
  await until(() => server.streams.length === 2);
  expect(stream()?.token).toBe("access-1");
});

test("4403: another token comes back", async () => {
  const { server, stream } = await begin();
  stream()?.socket.close(4403);
  await until(() => server.streams.length === 2);
  expect(stream()?.token).toBe("access-2");
});

test("4401, though the session is good: it comes back", async () => {
  const { server, stream, session } = await begin();
  stream()?.socket.close(4401);
  await until(() => server.streams.length === 2);
  expect(session.user?.username).toBe("ann");
});

test("4401, and the session was ended: signed out, with the reason", async () => {
  const { server, stream, session, parley } = await begin();
  server.on("Refresh", () => refused("SESSION_REVOKED", { reason: "SESSION_ENDED" }));
  stream()?.socket.close(4401);
  await until(() => !session.user);
  expect(session.state.get()).toMatchObject({ status: "out", problem: { kind: "revoked", reason: "SESSION_ENDED" } });
  expect(parley.signedIn.get()).toBeUndefined();
});

test.each([4400, 1009])("a close that graphql-ws takes for final, %i, is not", async (code) => {
  const { server, stream } = await begin();
  stream()?.socket.close(code);
  await until(() => server.streams.length === 2);
});

test("before the token runs out the connection is renewed in place, and nothing is cut", async () => {
  const { server } = await begin({}, (one) => (one.lifetime = 300));
  await until(() => server.named("Refresh").filter(({ over }) => over === "socket").length >= 3);
  expect(server.streams).toHaveLength(1);
  expect(server.closes).toEqual([]);
});

test("a renewal in place that is not answered is the same attempt over HTTP, and is not sent again by the socket", async () => {
  const { server } = await begin({ deaf: 50 }, (one) => {
    one.lifetime = 300;
    one.on("Refresh", ({ over, variables }) => {
      if (over === "http" || one.lifetime > 300) return one.refresh(variables);
      one.lifetime = 3_600_000;
      one.refresh(variables);
      return "cut";
    });
  });
  await until(() => server.lifetime > 300 && server.streams.length >= 2);
  const cut = server.named("Refresh").find(({ over }) => over === "socket");
  const same = server.named("Refresh").filter(({ variables }) => variables["key"] === cut?.variables["key"]);
  expect(same.map(({ over }) => over)).toEqual(["socket", "http"]);
});

test("a connection that died without a word is found by a ping", async () => {
  const { server, signedIn } = await begin({ keepAlive: 20, deaf: 20 }, (one) => (one.pongs = false));
  await until(() => server.streams.length >= 2);
  server.pongs = true;
  await until(() => signedIn.connection.link.get() === "live");
});

test("a laptop that has slept asks at once whether its connection is alive", async () => {
  let slept = 0;
  const { server, stream } = await begin({ keepAlive: 3_600_000, deaf: 20, now: () => Date.now() + slept });
  expect(server.pings).toHaveLength(0);
  slept = 3_600_000;
  await until(() => server.pings.length > 0);
  server.pongs = false;
  const before = server.streams.length;
  slept *= 2;
  await until(() => server.streams.length > before);
  expect(stream()?.variables.after).toEqual(["list-1"]);
});

test("the browser finds its network again: no waiting for the next try", async () => {
  const target = new EventTarget();
  Object.assign(globalThis, { addEventListener: target.addEventListener.bind(target), removeEventListener: target.removeEventListener.bind(target) });
  onTestFinished(() => void Object.assign(globalThis, { addEventListener: undefined, removeEventListener: undefined }));
  let waits = 0;
  const wait = () => (waits++, new Promise<void>(() => {}));
  const { server, stream } = await begin({ wait });
  stream()?.socket.terminate();
  await until(() => waits === 1);
  target.dispatchEvent(new Event("online"));
  await until(() => server.streams.length === 2);
});

test.each(["SERVER_BUSY", "LIMIT_REACHED", "SHUTTING_DOWN"])("a stream that is refused with %s is begun again, not before the time that is named", async (code) => {
  const waits: (number | undefined)[] = [];
  const wait = async (_: number, least?: number) => {
    waits.push(least);
    await soon();
  };
  let refusals = 0;
  await begin({ wait }, (server) => {
    server.begun = (stream) => (++refusals < 3 ? stream.error(code, { retryable: code !== "LIMIT_REACHED", retryAfterMs: 700 }) : stream.caughtUp("list-1"));
  });
  expect(waits).toEqual([700, 700]);
});

test("a stream that is refused because the token has run out goes on with another", async () => {
  const { server, stream } = await begin({}, (one) => {
    let refusals = 0;
    one.begun = (begun) => (++refusals === 1 ? begun.error("TOKEN_EXPIRED") : begun.caughtUp("list-1"));
  });
  expect(server.named("Refresh")).toHaveLength(1);
  expect(stream()?.variables.after).toBeNull();
});

test.each([["CURSOR_DIVERGED", {}], ["BAD_USER_INPUT", { reason: "CURSOR_INVALID" }]])("%s: the server has another history, and all is read anew", async (code, more) => {
  const { server, signedIn, numbers, stream } = await begin({}, (one) => {
    rooms(one);
    one.on("RoomPage", () => page("a", range(1, 3)));
  });
  const timeline = signedIn.open("a");
  await until(() => timeline.view.get().chats.length === 3);
  say(stream(), "a", 4);
  await until(() => numbers().includes(4));
  rooms(server);
  server.on("RoomPage", () => page("a", [...range(1, 1), ...range(2, 2).map((one) => ({ ...one, id: "other" }))]));
  stream()?.error(code, more);
  await until(() => server.streams.length === 2);
  expect(stream()?.variables).toEqual({ rooms: null, after: null });
  await until(() => timeline.view.get().chats.length === 2);
  expect(timeline.view.get().chats.map(({ id }) => id)).toEqual(["c-1", "other"]);
});

// A log of one's own, beside what is shown.
async function log(server: Scripted, from: LogPlace | undefined) {
  const session = new Session({ url: server.url, storage: disk(), wait: soon });
  await session.login("ann", "correct horse battery");
  const connection = new Connection(session, { webSocket: WebSocket });
  const [events, places, ends]: [LogEvent[], LogPlace[], unknown[]] = [[], [], []];
  const heard = new Log(session, connection, {
    ...(from && { from }),
    next: (event) => events.push(event),
    moved: (place) => places.push(place),
    diverged: (why) => ends.push(why),
    ended: (why) => ends.push(why),
  });
  onTestFinished(() => {
    heard.stop();
    connection.stop();
  });
  return { events, places, ends };
}

test("a log goes on where whoever keeps its place has left it", async () => {
  const server = await Scripted.start();
  const { places } = await log(server, { after: ["list-0", "a-7"] });
  await until(() => server.streams.length === 1 && places.length === 1);
  expect(server.streams[0]?.variables).toEqual({ rooms: null, after: ["list-0", "a-7"] });
  say(server.streams[0], "a", 8);
  await until(() => places.length === 2);
  expect(places).toEqual([{ after: ["list-1"] }, { after: ["list-1", "a-8"] }]);
});

test("of some rooms, one that is lost is asked for no more, and the last one ends it", async () => {
  const server = await Scripted.start();
  server.begun = (stream) => stream.caughtUp("a-1", "b-1");
  const { events, places, ends } = await log(server, { rooms: ["a", "b"], after: ["a-1", "b-1"] });
  await until(() => events.length === 1);
  server.streams[0]?.next({ kind: "MEMBER_REMOVED", cursor: "a-9", room: roomNow("a"), user: person("ann") });
  say(server.streams[0], "b", 2);
  await until(() => events.length === 3);
  expect(places.at(-1)).toEqual({ rooms: ["b"], after: ["b-2"] });
  server.streams[0]?.socket.terminate();
  await until(() => server.streams.length === 2);
  expect(server.streams[1]?.variables).toEqual({ rooms: ["b"], after: ["b-2"] });
  server.streams[1]?.error("NOT_FOUND");
  await until(() => ends.length === 1);
  expect(ends).toEqual([{ kind: "lost", room: "b", code: "NOT_FOUND", message: "NOT_FOUND" }]);
});

test("an event of somebody else's leaving, and one of a kind that is not known, are events", async () => {
  const { events, stream } = await begin();
  stream()?.next({ kind: "MEMBER_LEFT", cursor: "a-1", room: roomNow("a"), user: person("bob") });
  stream()?.next({ kind: "SOMETHING_NEW", cursor: "a-2", room: roomNow("a"), chat: chat(1) });
  await until(() => events.length === 3);
  expect(events.map(({ kind }) => kind)).toEqual(["CAUGHT_UP", "MEMBER_LEFT", "SOMETHING_NEW"]);
});
