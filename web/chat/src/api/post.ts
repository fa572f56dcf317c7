import type { TypedDocumentNode } from "urql";
import { stringifyDocument } from "urql";
import { Failure, noAnswer, type Refusal } from "./failure";

type Answer<Data> = { data?: Data | null; errors?: Refusal[] };

/** Posted is an answer's data, and the server's clock when it answered, in ms. */
export type Posted<Data> = { data: Data; at: number };

/**
 * post sends what needs no sign-in, past the cache: signing in and out and renewing tokens. It throws a
 * Failure. The server's clock is only good to the second.
 */
export async function post<Data, Variables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Posted<Data>> {
  let answer: Answer<Data>;
  let at: number;
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ query: stringifyDocument(document), variables }),
      cache: "no-store",
    });
    at = Date.parse(response.headers.get("Date") ?? "");
    answer = (await response.json()) as Answer<Data>;
  } catch {
    throw noAnswer();
  }
  const [first] = answer.errors ?? [];
  if (first) throw new Failure(first.message, first.extensions);
  if (!answer.data) throw noAnswer();
  return { data: answer.data, at };
}
