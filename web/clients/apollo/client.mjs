// Apollo Client 4 for Parley: signed in over HTTP and over the socket, streams that resume.

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { defer, of, retry, switchMap, tap, throwError } from "rxjs";
import { Places } from "../places.mjs";
import { Refused } from "../session.mjs";
import { openSocket } from "../socket.mjs";

/** connect makes the client of a session. */
export function connect(session, options) {
  const signedIn = new ApolloLink((operation, forward) =>
    defer(() => session.token()).pipe(
      switchMap((token) => {
        operation.setContext({ headers: { authorization: `Bearer ${token}` } });
        return forward(operation).pipe(
          tap(({ errors }) => {
            if (errors?.[0].extensions?.code !== "TOKEN_EXPIRED") return;
            session.expire(token);
            throw new CombinedGraphQLErrors({ errors });
          }),
        );
      }),
      retry({ delay: (error) => (reasonOf(error).code === "TOKEN_EXPIRED" ? of(true) : throwError(() => error)) }),
    ),
  );
  const http = signedIn.concat(new HttpLink({ uri: session.url, fetch: session.fetch }));

  // #region resume
  const resume = new ApolloLink((operation, forward) => {
    const places = new Places(operation.variables.after);
    return forward(operation).pipe(
      tap(({ data }) => {
        if (data?.events) operation.variables.after = places.moved(data.events); // read again at each reconnect
      }),
    );
  });
  const streams = resume.concat(new GraphQLWsLink(openSocket(session, options)));
  // #endregion

  return new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, streams, http),
    cache: new InMemoryCache({ typePolicies }),
  });
}

// A room is one list, whatever page or stream a chat comes from: each chat once, in the order of numbers.
const typePolicies = {
  Query: {
    fields: {
      chats: {
        keyArgs: ["room"],
        merge(list, page, { readField }) {
          const all = [...(list?.nodes ?? []), ...page.nodes];
          const byId = new Map(all.map((chat) => [readField("id", chat), chat]));
          const nodes = [...byId.values()].toSorted((a, b) => readField("number", a) - readField("number", b));
          return { ...page, nodes };
        },
      },
    },
  },
  Chat: { fields: { reactions: { merge: false }, myReactions: { merge: false } } }, // the newest list is the list
};

/** reasonOf returns what the server said as Refused, with its code; any other error as it is. */
export const reasonOf = (error) => (CombinedGraphQLErrors.is(error) ? new Refused(error.errors[0]) : error);
