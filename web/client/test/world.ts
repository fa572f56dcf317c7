// The real server, a line to it that breaks, ann on that and bob on another.
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { Parley, Session, uuid, type ParleyOptions, type SignedIn } from "../src/index.ts";
import { patiently } from "../src/session.ts";
// @ts-expect-error they are without types
import { Parley as Server } from "../../clients/testing/parley.mjs";
// @ts-expect-error they are without types
import { Proxy as Line } from "../../clients/testing/proxy.mjs";
import { disk, soon } from "./scripted.ts";

const unlimited = { SEND_RATE: "0", ROOM_SEND_RATE: "0", ROOM_CREATE_RATE: "0", MUTATION_RATE: "0", REGISTER_RATE: "0" };
export const short = { ACCESS_TOKEN_LIFETIME: "2s", LEEWAY: "0s" };
export const password = "correct horse battery";

interface Proxy {
  origin: string;
  target: string;
  cuts: number;
  away: boolean;
  readonly held: number;
  holdsAnswers: (bytes: string) => boolean;
  release(): void;
  lifetime: () => number;
  cut(): void;
  silence(): void;
}

let databases = 0;

function openAt(origin: string, options: Partial<ParleyOptions>): Parley {
  const parley = new Parley({ url: `${origin}/graphql`, wait: soon, webSocket: WebSocket, ...options });
  onTestFinished(() => parley.stop());
  return parley;
}

// World: ann's line to the server is the one that breaks, bob's is not.
export async function world(settings: Record<string, string> = {}) {
  const t = { after: (undo: () => Promise<void> | void) => onTestFinished(undo) };
  const server = await Server.start(t, { ...unlimited, ...settings });
  const line = (await Line.open(t, server.origin)) as Proxy;
  const steady = (await Line.open(t, server.origin)) as Proxy;
  const bob = new Session({ url: `${steady.origin}/graphql`, storage: disk(), wait: soon });
  await patiently(soon, () => bob.register("bob", password));
  const shared = { storage: disk(), database: `real-${databases++}` };
  await new Session({ url: `${steady.origin}/graphql`, storage: shared.storage, wait: soon }).register("ann", password);
  return {
    line,
    bob: host(bob),
    /** tab is a page of ann's over the line that breaks. All share one storage. */
    tab: () => openAt(line.origin, shared).signedIn.get() as SignedIn,
    page: () => openAt(line.origin, shared),
    /** fresh is a client of ann's that has seen nothing. */
    async fresh() {
      const parley = openAt(steady.origin, { storage: disk(), database: `real-${databases++}` });
      await parley.session.login("ann", password);
      return parley.signedIn.get() as SignedIn;
    },
    /** stranger is a session of nobody yet, at a server whose line does not break. */
    stranger: () => new Session({ url: `${steady.origin}/graphql`, storage: disk(), wait: soon }),
    async kill() {
      await server.stop("SIGKILL");
      await server.run();
      line.target = steady.target = server.origin;
    },
  };
}

// Host does things in rooms. Each call may be sent again.
export function host(session: Session) {
  const ask = (text: string, variables: Record<string, unknown>) =>
    patiently<Record<string, { id: string }>>(soon, () => session.ask(`mutation M${text}`, variables));
  return {
    session,
    async make(name: string, kind = "PRIVATE") {
      const id = uuid();
      await ask("($id: ID!, $name: String!, $kind: RoomKind!) { createRoom(id: $id, name: $name, kind: $kind, members: [\"ann\"]) { id } }", { id, name, kind });
      return id;
    },
    async say(room: string, text: string, replyTo: string | null = null) {
      const id = uuid();
      await ask("($id: ID!, $room: ID!, $text: String!, $replyTo: ID) { sendChat(id: $id, room: $room, text: $text, replyTo: $replyTo) { id } }", { id, room, text, replyTo });
      return id;
    },
    edit: (chat: string, text: string) => ask("($chat: ID!, $text: String!) { editChat(chat: $chat, text: $text) { id } }", { chat, text }),
    remove: (chat: string) => ask("($chat: ID!) { deleteChat(chat: $chat) { id } }", { chat }),
    react: (chat: string, emoji: string, on: boolean) => ask("($chat: ID!, $emoji: String!, $on: Boolean!) { react(chat: $chat, emoji: $emoji, on: $on) { id } }", { chat, emoji, on }),
    rename: (room: string, name: string) => ask("($room: ID!, $name: String!) { updateRoom(room: $room, name: $name) { id } }", { room, name }),
    add: (room: string) => ask("($room: ID!) { addMember(room: $room, user: \"ann\") { id } }", { room }),
    drop: (room: string) => ask("($room: ID!) { removeMember(room: $room, user: \"ann\") }", { room }),
    /** guest is the name of somebody who has just registered. */
    async guest(name: string) {
      await new Session({ url: session.url, storage: disk(), wait: soon }).register(name, password);
      return name;
    },
    let: (room: string, user: string) => ask("($room: ID!, $user: ID!) { addMember(room: $room, user: $user) { id } }", { room, user }),
    end: (room: string) => ask("($room: ID!) { deleteRoom(room: $room) }", { room }),
  };
}
