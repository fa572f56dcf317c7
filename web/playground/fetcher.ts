import type { Fetcher, FetcherParams, Observable } from "@graphiql/toolkit";
import { type ExecutionResult, getOperationAST } from "graphql";
import { createClient } from "graphql-ws";

// Beside the page, so that a proxy may put both below a path.
const address = new URL("graphql", location.href);
const socketAddress = Object.assign(new URL(address), { protocol: address.protocol === "https:" ? "wss:" : "ws:" });

/** fetcher sends queries and mutations over HTTP, and each subscription over a WebSocket of its own. */
export const fetcher: Fetcher = (params, options) => {
  const headers = new Headers(options?.headers);
  const operation = options?.documentAST && getOperationAST(options.documentAST, params.operationName);
  return operation?.operation === "subscription" ? listen(params, headers) : ask(params, headers);
};

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
