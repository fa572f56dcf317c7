import type { Fetcher, FetcherParams, Observable } from "@graphiql/toolkit";
import { type ExecutionResult, getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { kept, learn } from "./session";

// Beside the page, so that a proxy may put both below a path.
const address = new URL("graphql", location.href);
const socketAddress = Object.assign(new URL(address), { protocol: address.protocol === "https:" ? "wss:" : "ws:" });

/**
 * fetcher sends queries and mutations over HTTP, and each subscription over a WebSocket of its own. All
 * carry the token of the headers editor, or else the one that was last given in this tab.
 */
export const fetcher: Fetcher = async (params, options) => {
  const headers = signed(new Headers(options?.headers));
  const document = options?.documentAST;
  const variables = filled(params);
  const operation = document && getOperationAST(document, params.operationName);
  if (operation?.operation === "subscription") return listen({ ...params, variables }, headers);
  const result = await ask({ ...params, variables }, headers);
  learn({ document, operationName: params.operationName, variables }, result);
  return result;
};

/** query asks for something on the page's own account. */
export const query = <Data>(text: string, token: string) =>
  ask({ query: text }, new Headers({ Authorization: `Bearer ${token}` })) as Promise<ExecutionResult<Data>>;

// An empty token, as in the headers to begin with, is none.
function signed(headers: Headers): Headers {
  const written = headers.get("Authorization") ?? "";
  const token = kept()?.accessToken;
  if (token !== undefined && /^(bearer)?\s*$/i.test(written)) headers.set("Authorization", `Bearer ${token}`);
  return headers;
}

// The one variable that the playground knows better than whoever types.
function filled({ query: text, variables }: FetcherParams): Record<string, unknown> {
  const refreshToken = kept()?.refreshToken;
  const wanted = text.includes("$refreshToken") && refreshToken !== undefined;
  return wanted ? { refreshToken, ...variables } : { ...variables };
}

async function ask(params: FetcherParams, headers: Headers): Promise<ExecutionResult> {
  headers.set("Content-Type", "application/json");
  headers.set("Accept", "application/graphql-response+json, application/json;q=0.9");
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(params) });
  if (answer.headers.get("Content-Type")?.includes("json")) return answer.json();
  throw new Error(`The server answered ${answer.status} ${answer.statusText}`.trimEnd());
}
// The socket signs in with the headers as they are when the run begins. It is not opened again when
// it closes: what is sent in between would be missing without a word.
function listen(params: FetcherParams, headers: Headers): Observable<ExecutionResult> {
  const token = headers.get("Authorization");
  const client = createClient({
    url: socketAddress.href,
    connectionParams: token === null ? {} : { Authorization: token },
    retryAttempts: 0,
  });
  const stream = {
    subscribe: (sink: Sink) => ({
      unsubscribe: client.subscribe(params, {
        next: (result) => sink.next(result as ExecutionResult),
        error: (reason) => sink.error(reason instanceof CloseEvent ? ended(reason) : reason),
        complete: () => sink.complete(),
      }),
    }),
  };
  return stream as Observable<ExecutionResult>;
}

const ended = ({ code, reason }: CloseEvent) => ({ message: `The stream ended: ${code} ${reason}`.trimEnd() });

interface Sink {
  next(result: ExecutionResult): void;
  error(reason: unknown): void;
  complete(): void;
}
