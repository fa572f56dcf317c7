import { Client, fetchExchange, subscriptionExchange } from "urql";
import type { Connection } from "../../../client/src/connection.ts";
import { ParleyError, refusal, type Told } from "../../../client/src/problem.ts";
import { ofToken, type Session } from "../../../client/src/session.ts";
import { answers, type Tell } from "./answered";
import { cache } from "./cache";

/** makeClient is urql with a cache of objects, on a session and its socket. What the server answers is told. */
export function makeClient(me: string, session: Session, connection: Connection, tell: Tell): Client {
  return new Client({
    url: "/graphql",
    preferGetMethod: false,
    // With this media type an expired token is an answer like others. A status of 401 would be written
    // into the console by the browser, though nothing is wrong.
    fetchOptions: { headers: { Accept: "application/json" } },
    fetch: (url, init) => session.withToken((token) => send(url, init, token)),
    exchanges: [cache(me), answers(tell), fetchExchange, streams(session, connection)],
  });
}

// Only a token that is not taken is thrown. Other answers may say something beside their errors.
async function send(url: RequestInfo | URL, init: RequestInit | undefined, token: string): Promise<Response> {
  const headers = new Headers(init?.headers);
  headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(url, { ...init, headers });
  const { errors = [] } = (await answer.clone().json()) as { errors?: readonly Told[] };
  const refused = errors.find(({ extensions }) => ofToken.has(extensions?.code ?? ""));
  if (refused) throw new ParleyError(refusal(refused));
  return answer;
}

// Variables are read again at each subscribe, so a list of cursors that is moved in place is where it resumes.
const streams = (session: Session, connection: Connection) =>
  subscriptionExchange({
    forwardSubscription: ({ query = "", variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: connection.subscribe(query, variables as Record<string, unknown>, {
          next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
          error: async (reason) => {
            const code = Array.isArray(reason) ? (reason as Told[])[0]?.extensions?.code : (reason as { code?: unknown }).code;
            if (code === 4401 || ofToken.has(String(code))) await session.check();
            sink.error(reason);
          },
          complete: () => sink.complete(),
        }),
      }),
    }),
  });
