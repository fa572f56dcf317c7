// urql with graphcache and authExchange for Parley: streams that resume.

import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { cacheExchange } from "@urql/exchange-graphcache";
import { merge } from "../chats.mjs";
import { openSocket } from "../socket.mjs";
import { ROOM } from "./documents.mjs";

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

// #region sign-in
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
// #endregion

// #region resume
const resuming = (socket) => (request) => ({
  subscribe(sink) {
    const variables = { ...request.variables };
    const next = (result) => {
      if (result.data) variables.after = result.data.chatSent.cursor; // read again at each reconnect
      sink.next(result);
    };
    return { unsubscribe: socket.subscribe({ ...request, variables }, { ...sink, next }) };
  },
});
// #endregion

// #region list
// A stored chat goes into the list of its room, whether the stream brings it or the answer to a send.
const updates = {
  Mutation: { sendChat: ({ sendChat }, { room }, cache) => add(cache, room, sendChat) },
  Subscription: { chatSent: ({ chatSent }, { room }, cache) => add(cache, room, chatSent) },
};

const add = (cache, room, chat) =>
  chat && // null when it was refused
  cache.updateQuery(
    { query: ROOM, variables: { room } },
    (data) => data && { ...data, chats: { ...data.chats, nodes: merge(data.chats.nodes, [chat]) } },
  );

const keys = { ChatConnection: () => null };
// #endregion
