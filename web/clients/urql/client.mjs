// urql with graphcache and authExchange for Parley: streams that resume.

import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { merge } from "../chats.mjs";
import { Places } from "../places.mjs";
import { ownAfter } from "../reactions.mjs";
import { Refused } from "../session.mjs";
import { openSocket } from "../socket.mjs";
import { OWN, ROOM } from "./documents.mjs";

/** connect makes the client of a session. */
export function connect(session, options) {
  return new Client({
    url: session.url,
    fetch: session.fetch,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({ keys, updates }),
      authExchange(signIn(session)),
      fetchExchange,
      subscriptionExchange({ forwardSubscription: resuming(openSocket(session, options)) }),
    ],
  });
}

const signIn = (session) => async (utils) => {
  let token = await session.token();
  return {
    addAuthToOperation: (operation) => utils.appendHeaders(operation, { Authorization: `Bearer ${token}` }),
    didAuthError: ({ graphQLErrors }) => graphQLErrors[0]?.extensions.code === "TOKEN_EXPIRED",
    async refreshAuth() {
      session.expire(token);
      token = await session.token();
    },
  };
};

// #region resume
const resuming = (socket) => (request) => ({
  subscribe(sink) {
    const variables = { ...request.variables };
    const places = new Places(variables.after);
    const next = (result) => {
      if (result.data) variables.after = places.moved(result.data.events); // read again at each reconnect
      sink.next(result);
    };
    return { unsubscribe: socket.subscribe({ ...request, variables }, { ...sink, next }) };
  },
});
// #endregion

// A new chat goes into the list of its room. An edited or deleted one is in the cache under its id, and so in every
// list that has it. Without a function for a mutation, graphcache would throw away all that is of the type it answers.
const updates = {
  Mutation: { sendChat() {}, react() {}, setTyping() {}, markRead() {} },
  Subscription: {
    events({ events: event }, { rooms }, cache) {
      const { kind, chat } = event;
      if (!chat || !rooms) return;
      if (kind !== "CHAT_SENT") return reacted(cache, event);
      const [room] = rooms;
      const nodes = [{ ...chat, myReactions: [] }];
      const add = (data) => data && { ...data, chats: { ...data.chats, nodes: merge(data.chats.nodes, nodes) } };
      cache.updateQuery({ query: ROOM, variables: { room } }, add);
    },
  },
};

const none = () => null;
const byId = ({ id }) => id ?? null; // of whom only the name is asked has none
const keys = { ChatConnection: none, Event: none, PageInfo: none, Reaction: none, RoomConnection: none, User: byId };

// Reactions are in the cache with their chat. Which are one's own the stream does not say, but who did it.
function reacted(cache, event) {
  const { id } = event.chat;
  const own = cache.resolve({ __typename: "Chat", id }, "myReactions");
  const me = cache.resolve(cache.resolve("Query", "me"), "id");
  if (own) cache.writeFragment(OWN, { id, myReactions: ownAfter(own, event, me) });
}

/** reasonOf returns what the server said as Refused, with its code; any other error as it is. */
export const reasonOf = (error) => (error.graphQLErrors[0] ? new Refused(error.graphQLErrors[0]) : (error.networkError ?? error));
