// What graphcache has to know of the API: which objects have no id, which lists are one, and that mutations answer what is in the cache anyway.
import type { CacheExchangeOpts, Resolver, UpdateResolver } from "@urql/exchange-graphcache";
import { called, forget, HEARD } from "./writing.ts";

const without =
  "AuthPayload Ban BanConnection BanEdge BotToken ChatConnection ChatEdge Event Limits MemberConnection MemberEdge PageInfo Reaction RoomConnection RoomEdge Server UserConnection UserEdge";
const byId = ({ id }: { id?: unknown }) => (typeof id === "string" ? id : null); // of whom only the name is asked has none

/** keys are those of objects: an id, where they have one and it was asked for. */
export const keys: NonNullable<CacheExchangeOpts["keys"]> = {
  ...Object.fromEntries(without.split(" ").map((name) => [name, () => null])),
  ...Object.fromEntries(["Chat", "Invite", "Member", "Room", "Session", "User"].map((name) => [name, byId])),
};

const names =
  "acceptInvite addMember banMember blockUser changePassword createBot createInvite createRoom deleteAccount deleteChat deleteInvite deleteRoom disableUser editChat endSession ensureUser hideRoom joinRoom leaveRoom login loginWith logout markRead openDirectRoom react refreshToken register removeMember renewBotToken sendChat setNotify setRole setTyping unbanMember updateMe updateRoom";

// After these there is another list of rooms, and no event tells of it.
const listing = new Set(["createRoom", "hideRoom", "openDirectRoom"]);

/** mutations are all of them: what graphcache knows no update for, it takes for a reason to throw away what it has. */
export const mutations: Record<string, UpdateResolver> = Object.fromEntries(
  names.split(" ").map((name) => [name, (_root, _args, cache) => { if (listing.has(name)) forget(cache, "Query", "rooms"); }]),
);

type Args = { room?: unknown };

/** lists makes one list of a room's chats, whatever page or event a chat comes from: each once, in the order of numbers. */
export const lists: Resolver = (_root, args: Args, cache) => {
  if (cache.resolve("Query", "chats", args as never) === undefined) return undefined; // which is asked for
  const pages = cache.inspectFields("Query").flatMap(({ fieldName, fieldKey, arguments: asked }) => {
    const page = fieldName === "chats" && called(asked?.["room"]) === called(args.room) ? cache.resolve("Query", fieldKey) : undefined;
    return typeof page === "string" ? [{ page, nodes: cache.resolve(page, "nodes") as string[] | undefined }] : [];
  });
  const number = (chat: string) => Number(cache.resolve(chat, "number"));
  const read = pages.filter(({ nodes }) => nodes?.length).map(({ page, nodes = [] }) => ({ page, nodes, first: number(nodes[0]!) }));
  if (read.length === 0) read.push(...pages.map(({ page }) => ({ page, nodes: [], first: 0 })));
  const oldest = read.reduce((one, other) => (other.first < one.first ? other : one));
  const newest = read.reduce((one, other) => (other.first > one.first ? other : one));
  const known = read.flatMap(({ nodes }) => nodes);
  const told = (cache.resolve("Query", HEARD, { room: called(args.room) }) ?? []) as string[];
  const nodes = [...new Set([...known, ...told.filter((chat) => !(number(chat) < oldest.first))])].toSorted((a, b) => number(a) - number(b) || 0); // without numbers as they came
  const info = ({ page }: { page: string }, field: string) => cache.resolve(cache.resolve(page, "pageInfo") as string, field);
  const pageInfo = {
    __typename: "PageInfo",
    hasPreviousPage: info(oldest, "hasPreviousPage"),
    startCursor: info(oldest, "startCursor"),
    hasNextPage: info(newest, "hasNextPage"),
    endCursor: info(newest, "endCursor"),
  };
  return { __typename: "ChatConnection", nodes, pageInfo } as never;
};
