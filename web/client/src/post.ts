import type { Document } from "./document.ts";
import { noAnswer, ParleyError, refusal, type Told } from "./problem.ts";

/** Fetch is what is used of the platform's. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Post sends one query or mutation over HTTP, once, and throws a ParleyError. */
export type Post = <Result, Variables>(
  document: Document<Result, Variables>,
  variables: Variables,
  how?: { token?: string; signal?: AbortSignal },
) => Promise<Result>;

const most = 20_000; // ms in which an answer comes

/** poster makes a Post to an address. */
export function poster(url: string, fetch: Fetch): Post {
  return async (document, variables, { token, signal } = {}) => {
    const enough = new AbortController();
    const give = () => enough.abort();
    signal?.addEventListener("abort", give);
    const timer = setTimeout(give, most);
    try {
      const answer = await fetch(url, {
        method: "POST",
        // With this media type a token that has run out is an answer like others, and no red line in the console.
        headers: {
          "Content-Type": "application/json",
          Accept: "application/json",
          ...(token && { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query: document.toString(), variables }),
        cache: "no-store",
        signal: enough.signal,
      });
      return read(await answer.json());
    } catch (error) {
      throw error instanceof ParleyError ? error : new ParleyError(noAnswer);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", give);
    }
  };
}

/** read is the data of an answer, or throws the first of its errors. */
export function read<Result>(answer: unknown): Result {
  const { data, errors } = (answer ?? {}) as { data?: Result | null; errors?: readonly Told[] };
  if (errors?.[0]) throw new ParleyError(refusal(errors[0]));
  if (!data) throw new ParleyError(noAnswer); // something that is not Parley
  return data;
}
