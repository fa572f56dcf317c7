import { authExchange } from "@urql/exchange-auth";
import { Client, fetchExchange, subscriptionExchange, type Operation } from "urql";
import type { Tokens } from "../auth/tokens";
import { answers, type Tell } from "./answered";
import { cache } from "./cache";
import type { Connection } from "./connection";

const refusals = new Set(["TOKEN_EXPIRED", "UNAUTHENTICATED", "SESSION_REVOKED"]);

/** makeClient is urql with a cache of objects, tokens that renew themselves, and streams over the socket. What the server answers is told. */
export function makeClient(me: string, tokens: Tokens, { socket }: Connection, tell: Tell): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    // With this media type an expired token is an answer like others. A status of 401 would be written
    // into the console by the browser, though nothing is wrong.
    fetchOptions: { headers: { Accept: "application/json" } },
    exchanges: [cache(me), answers(tell), auth(tokens), fetchExchange, streams(socket)],
  });
}

const auth = (tokens: Tokens) =>
  authExchange(async ({ appendHeaders }) => ({
    addAuthToOperation: (operation) =>
      tokens.current ? appendHeaders(operation, { Authorization: `Bearer ${tokens.current}` }) : operation,
    willAuthError: () => !tokens.fresh,
    didAuthError: (error, operation) => {
      if (!error.graphQLErrors.some(({ extensions }) => refusals.has(String(extensions["code"])))) return false;
      tokens.drop(tokenOf(operation)); // not the one that has come since
      return true;
    },
    refreshAuth: async () => {
      await tokens.get();
    },
  }));

function tokenOf({ context }: Operation): string | undefined {
  const options = typeof context.fetchOptions === "function" ? context.fetchOptions() : context.fetchOptions;
  return new Headers(options?.headers).get("Authorization")?.slice("Bearer ".length);
}

// graphql-ws reads the variables at each subscribe, so a list of cursors that is moved in place is where
// it resumes.
const streams = (socket: Connection["socket"]) =>
  subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe({ query, variables: variables as Record<string, unknown> }, {
          next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
          error: (error) => sink.error(error),
          complete: () => sink.complete(),
        }),
      }),
    }),
  });
