// Rooms and chats of a scripted server.
import { refused, Scripted, type Stream } from "./scripted.ts";
import { person } from "./scripted.ts";

export const roomNow = (id: string) => ({
  id,
  name: `name of ${id}`,
  topic: null,
  data: null,
  kind: "PRIVATE",
  sendRole: "MEMBER",
  memberCount: 2,
  lastNumber: 0,
  createdAt: "2026-01-01T00:00:00.000Z",
});

export const room = (id: string, more: object = {}) => ({
  ...roomNow(id),
  unreadCount: 0,
  mentionCount: 0,
  allowedActions: ["SEND_CHAT"],
  me: { id: `m-${id}`, role: "MEMBER", lastRead: 0, notify: "ALL" },
  lastChat: null,
  ...more,
});

export const chat = (number: number, more: object = {}) => ({
  id: `c-${number}`,
  number,
  username: "bob",
  user: person("bob"),
  text: `chat ${number}`,
  data: null,
  createdAt: `2026-01-02T00:00:${String(number % 60).padStart(2, "0")}.000Z`,
  editedAt: null,
  deletedAt: null,
  replyCount: 0,
  mentions: [],
  replyTo: null,
  reactions: [],
  ...more,
});

/** read is a chat as a page has it. */
export const read = (number: number, more: object = {}) => ({ ...chat(number), myReactions: [], ...more });

/** range are the chats from a number to another. */
export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => read(from + i));

/** page is an answer to RoomPage. */
export const page = (id: string, chats: { number: number }[], more: object = {}) => ({
  data: {
    room: room(id, more),
    chats: {
      nodes: chats,
      pageInfo: { startCursor: `before-${chats[0]?.number}`, hasPreviousPage: (chats[0]?.number ?? 1) > 1 },
      syncCursor: `sync-${id}`,
    },
  },
});

/** rooms lets ann be in some rooms. */
export function rooms(server: Scripted, ...nodes: object[]): void {
  server.on("MyRooms", () => ({
    data: { me: person("ann"), blockedUsers: [], rooms: { nodes, pageInfo: { endCursor: null, hasNextPage: false } } },
  }));
}

/** say tells a stream of a new chat. */
export const say = (stream: Stream | undefined, id: string, number: number, more: object = {}) =>
  stream?.next({ kind: "CHAT_SENT", cursor: `${id}-${number}`, room: roomNow(id), chat: chat(number, more) });

/** Stored are the chats that a scripted server has taken, by their ids; the same id is the same chat. */
export function taking(server: Scripted) {
  const stored = new Map<string, { id: string; number: number; text: string; room: string; deletedAt: string | null }>();
  server.on("SendChat", ({ variables }) => {
    const { id, text, room: where } = variables as { id: string; text: string; room: string };
    const known = stored.get(id) ?? { id, number: stored.size + 1, text, room: where, deletedAt: null };
    stored.set(id, known);
    return { data: { sendChat: { ...known, createdAt: "2026-01-02T00:00:00.000Z" } } };
  });
  server.on("EditChat", ({ variables }) => {
    const known = stored.get(variables["chat"] as string);
    if (!known) return refused("NOT_FOUND");
    known.text = variables["text"] as string;
    return { data: { editChat: { id: known.id } } };
  });
  server.on("DeleteChat", ({ variables }) => {
    const known = stored.get(variables["chat"] as string);
    if (!known) return refused("NOT_FOUND");
    known.deletedAt = "2026-01-03T00:00:00.000Z";
    return { data: { deleteChat: { id: known.id } } };
  });
  return stored;
}
