// What happens, written into graphcache. Nothing of it is asked for: what an event does not say is taken out, and asked for where it is shown.
import { gql } from "@urql/core";
import type { Cache } from "@urql/exchange-graphcache";
import { chatFragment, chatNow, isOfRoom } from "../caches/chat.ts";
import { isLoss, type LogEvent } from "../src/log.ts";
import type { Room } from "../src/parts.ts";
import type { SignedIn } from "../src/index.ts";

/** Writing is something that is done in the cache. */
export type Writing = (cache: Cache) => void;

/** HEARD is a field of no server: the chats of a room that the stream has brought. */
export const HEARD = "parleyHeard";

const CHAT = gql(chatFragment);
const ROOM = gql`fragment ParleyRoom on Room { id name topic data kind sendRole memberCount lastNumber createdAt }`;
const COUNTED = gql`
  fragment ParleyCounted on Room { id unreadCount mentionCount allowedActions lastChat { id number username text createdAt deletedAt } }
`;
const ROLE = gql`fragment ParleyRole on Member { id role }`;
const READ = gql`fragment ParleyRead on Member { id lastRead }`;

const come = new Set(["MEMBER_JOINED", "MEMBER_LEFT", "MEMBER_REMOVED"]);

/** write writes an event. */
export function write(cache: Cache, event: LogEvent, me: string): void {
  const { kind, room, chat, user, member } = event;
  if (!room) return;
  const place = { __typename: "Room", id: room.id };
  if (isLoss(event, me)) return lose(cache, place);
  cache.writeFragment(ROOM, { ...place, ...room });
  if (chat) {
    const id = { __typename: "Chat", id: chat.id };
    const own = cache.resolve(id, "myReactions") as string[] | undefined;
    cache.writeFragment(CHAT, chatNow(event, chat, own ?? [], me));
    if (kind === "CHAT_SENT") append(cache, event, cache.keyOfEntity(id));
  }
  if (member) {
    const of = { __typename: "Member", id: member.id };
    cache.writeFragment(ROLE, { ...of, role: member.role });
    if (member.lastRead !== null) cache.writeFragment(READ, { ...of, lastRead: member.lastRead });
  }
  if (kind === "MEMBER_JOINED" && user?.id === me) forget(cache, "Query", "rooms");
  if (come.has(kind)) forget(cache, cache.keyOfEntity(place), "members");
}

/** heard forgets which chats the stream has brought: it begins anew, and pages have what was before. */
export function heard(cache: Cache): void {
  forget(cache, "Query", HEARD);
}

/** count writes what is unread, as the package counts it, of the rooms in which that has changed. */
export function count({ rooms }: SignedIn, feed: (work: Writing) => void): () => void {
  const written = new Map<string, Room>();
  return () => {
    const changed = (rooms.list.get() ?? []).filter((room) => written.get(room.id) !== room);
    for (const room of changed) written.set(room.id, room);
    const now = changed.map((room) => ({ __typename: "Room", ...room, lastChat: room.lastChat && { __typename: "Chat", ...room.lastChat } }));
    if (now.length > 0) feed((cache) => { for (const room of now) cache.writeFragment(COUNTED, room); });
  };
}

function append(cache: Cache, { room }: LogEvent, chat: string | null): void {
  const asked = cache.inspectFields("Query").flatMap(({ fieldName, arguments: by }) => (fieldName === "chats" && isOfRoom(by?.["room"], room) ? [called(by?.["room"])] : []));
  for (const name of new Set(asked)) {
    const before = (cache.resolve("Query", HEARD, { room: name }) ?? []) as string[];
    if (chat && !before.includes(chat)) cache.link("Query", HEARD, { room: name }, [...before, chat]);
  }
}

/** called is what a room is asked for by, its id or its name: in any case it is the same. */
export const called = (room: unknown): string => String(room).toLowerCase();

// Lists leave out a room that is not there, and whoever shows it by itself is told by the server.
function lose(cache: Cache, room: { __typename: string; id: string }): void {
  const key = cache.keyOfEntity(room);
  for (const { fieldName, fieldKey } of cache.inspectFields("Query")) {
    if (fieldName !== "rooms") continue;
    const list = cache.resolve("Query", fieldKey) as string | null;
    const nodes = list ? (cache.resolve(list, "nodes") as string[] | undefined) : undefined;
    if (list && nodes && nodes.includes(key ?? "")) cache.link(list, "nodes", nodes.filter((one) => one !== key));
  }
  cache.invalidate(room);
}

/** forget takes a field out, whatever it was asked for with: where it is shown it is asked for again. */
export function forget(cache: Cache, of: string | null, name: string): void {
  if (of === null) return;
  for (const { fieldName, arguments: asked } of cache.inspectFields(of)) if (fieldName === name) cache.invalidate(of, name, asked ?? undefined);
}
