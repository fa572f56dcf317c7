// For applications that have Apollo Client 4: its queries and mutations signed in, and its cache fed by the stream.
import { ApolloLink, gql, Observable, type ApolloCache, type ApolloClient, type Reference, type TypePolicies } from "@apollo/client";
import { print } from "graphql";
import { chatFragment, chatNow, isOfRoom, recordersOf } from "../caches/chat.ts";
import { isLoss, type LogEvent } from "../src/log.ts";
import type { Parley, SignedIn } from "../src/index.ts";

/** parleyLink runs queries and mutations as whoever is signed in. Errors are ParleyErrors, an answer with any error is one. */
export const parleyLink = (parley: Parley, cache: ApolloCache): ApolloLink =>
  new ApolloLink(
    ({ query, variables }) =>
      new Observable((observer) => {
        const gone = new AbortController();
        const since: LogEvent[] = [];
        recordersOf(parley).add(since);
        const run = async () => {
          const me = parley.session.user?.id ?? "";
          const again = () => {
            if (parley.session.user?.id === me) for (const event of since) write(cache, event, me);
          };
          try {
            const data = await parley.session.ask<Record<string, unknown>, typeof variables>(print(query), variables, { signal: gone.signal });
            observer.next({ data });
            observer.complete();
            setTimeout(() => cache.batch({ update: again }));
          } catch (error) {
            observer.error(error);
          }
          recordersOf(parley).delete(since);
        };
        void run();
        return () => gone.abort();
      }),
  );

type Page = { readonly nodes: readonly Reference[] };

/** typePolicies make one list of a room's chats, whatever page or event a chat comes from: each once, in the order of numbers. */
export const typePolicies: TypePolicies = {
  Query: {
    fields: {
      chats: {
        keyArgs: ["room"],
        merge(list: Page | undefined, page: Page, { readField }) {
          const byId = new Map([...(list?.nodes ?? []), ...page.nodes].map((chat) => [readField("id", chat), chat]));
          const number = (chat: Reference) => Number(readField("number", chat));
          return { ...page, nodes: [...byId.values()].toSorted((a, b) => number(a) - number(b)) };
        },
      },
    },
  },
  Chat: { fields: { reactions: { merge: false }, myReactions: { merge: false }, mentions: { merge: false } } },
};

/**
 * feedApollo writes what happens into the cache, until what it returns is called: new, edited and deleted chats, reactions, rooms and
 * what is unread in them, members and what they have read. What an event does not say is asked for again where it is shown.
 */
export function feedApollo(parley: Parley, client: ApolloClient): () => void {
  let leave: (() => void) | undefined;
  const changed = () => {
    if (leave) void client.clearStore(); // nothing of one person is shown to another
    leave?.();
    const signedIn = parley.signedIn.get();
    leave = signedIn && feed(parley, signedIn, client);
  };
  const undo = parley.signedIn.subscribe(changed);
  changed();
  return () => {
    undo();
    leave?.();
  };
}

function feed(parley: Parley, signedIn: SignedIn, client: ApolloClient): () => void {
  const { cache } = client;
  const undo = [
    signedIn.onEvent((event) => {
      for (const since of recordersOf(parley)) since.push(event);
      cache.batch({ update: () => write(cache, event, signedIn.user.id) });
    }),
    signedIn.rooms.list.subscribe(() => cache.batch({ update: () => count(cache, signedIn) })),
    signedIn.follow({ happened() {}, anew: () => void client.refetchQueries({ include: "active" }) }),
  ];
  return () => {
    for (const one of undo) one();
  };
}

const CHAT = gql(chatFragment);

function write(cache: ApolloCache, event: LogEvent, me: string): void {
  const { kind, room, chat, user, member } = event;
  if (!room) return;
  const place = idOf(cache, "Room", room.id);
  if (isLoss(event, me)) return void cache.evict({ id: place }); // lists leave out what is not there
  set(cache, place, room);
  if (chat) writeChat(cache, event, chat, me);
  if (kind === "MEMBER_JOINED" && user?.id === me) cache.evict({ id: "ROOT_QUERY", fieldName: "rooms" });
  if (member) set(cache, idOf(cache, "Member", member.id), { role: member.role, ...(member.lastRead !== null && { lastRead: member.lastRead }) });
  if (kind === "MEMBER_JOINED" || kind === "MEMBER_LEFT" || kind === "MEMBER_REMOVED") cache.evict({ id: place, fieldName: "members" });
}

function writeChat(cache: ApolloCache, event: LogEvent, chat: NonNullable<LogEvent["chat"]>, me: string): void {
  const id = idOf(cache, "Chat", chat.id);
  const known = cache.readFragment<{ myReactions: string[] }>({ id, fragment: gql`fragment ParleyOwn on Chat { myReactions }` });
  const data = chatNow(event, chat, known?.myReactions ?? [], me);
  cache.writeFragment({ id, fragment: CHAT, data });
  if (event.kind === "CHAT_SENT") append(cache, event, { __ref: id });
}

// The lists of the chat's room: they are of a room's id, or of its name.
function append(cache: ApolloCache, { room, chat }: LogEvent, ref: Reference): void {
  const isOf = (name: string) => isOfRoom((JSON.parse(/^chats:(\{.*\})$/.exec(name)?.[1] ?? "{}") as { room?: string }).room, room);
  cache.modify<{ chats: Page }>({
    fields: {
      chats(page, { storeFieldName, readField }) {
        const { nodes } = page as Page;
        const last = Number(readField("number", nodes.at(-1)) ?? 0);
        return isOf(storeFieldName) && (chat?.number ?? 0) > last ? { ...page, nodes: [...nodes, ref] } : page;
      },
    },
  });
}

// What is unread is counted by the package.
function count(cache: ApolloCache, signedIn: SignedIn): void {
  for (const { id, unreadCount, mentionCount, lastChat, allowedActions } of signedIn.rooms.list.get() ?? []) {
    const newest = lastChat && { __ref: idOf(cache, "Chat", lastChat.id) };
    set(cache, idOf(cache, "Room", id), { unreadCount, mentionCount, allowedActions, lastChat: newest });
  }
}

const idOf = (cache: ApolloCache, __typename: string, id: string) => cache.identify({ __typename, id }) ?? "";

// Fields that an object has in the cache get the values of now; what nobody has asked for stays out.
function set(cache: ApolloCache, id: string, values: object): void {
  const fields = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value as unknown]));
  cache.modify({ id, fields });
}
