// What the caches of Apollo and urql are told of a chat, and of what happened while an answer was on its way.
import { ownAfter } from "../src/reactions.ts";
import type { LogEvent } from "../src/log.ts";
import type { Parley } from "../src/index.ts";

const recorders = new WeakMap<Parley, Set<LogEvent[]>>();

/** recordersOf are lists that each event is added to, one for each answer that is on its way: it is older than they are. */
export function recordersOf(parley: Parley): Set<LogEvent[]> {
  const all = recorders.get(parley) ?? new Set();
  recorders.set(parley, all);
  return all;
}

/** chatFragment is all that an event says of its chat. */
export const chatFragment = `
  fragment ParleyChat on Chat {
    id number username text data createdAt editedAt deletedAt replyCount myReactions
    user { id username name image isBot }
    mentions { id username }
    replyTo { id number username text deletedAt replyCount }
    reactions { emoji count users { username } }
    room { id }
  }
`;

const typed = <Parts extends object>(__typename: string, parts: Parts) => ({ __typename, ...parts });

/** chatNow is the chat of an event for that fragment. `own` are the reactions that one had on it before. */
export function chatNow(event: LogEvent, chat: NonNullable<LogEvent["chat"]>, own: readonly string[], me: string) {
  const { user, mentions, replyTo, reactions } = chat;
  return {
    ...typed("Chat", chat),
    myReactions: ownAfter(own, event, me),
    user: user && typed("User", user),
    mentions: mentions.map((one) => typed("User", one)),
    replyTo: replyTo && typed("Chat", replyTo),
    reactions: reactions.map((one) => ({ ...typed("Reaction", one), users: one.users.map((person) => typed("User", person)) })),
    room: typed("Room", { id: event.room?.id }),
  };
}

/** isOfRoom says whether what was asked for by an id or a name is a room. */
export const isOfRoom = (asked: unknown, room: LogEvent["room"]): boolean =>
  typeof asked === "string" && room !== null && [room.id, room.name.toLowerCase()].includes(asked.toLowerCase());
