import type { CombinedError } from "urql";

type Extensions = Partial<Record<"code" | "field" | "reason" | "requestId", string>> & {
  retryable?: boolean;
  retryAfterMs?: number;
};

/** A GraphQL error as the server sends it. */
export type Refusal = { message: string; extensions?: Extensions };

/** Failure is why a request did not do what it should: the server's code, or NETWORK for no answer at all. */
export class Failure extends Error {
  readonly code: string;
  readonly field: string | undefined;
  readonly reason: string | undefined;
  readonly requestId: string | undefined;
  /** Sending the same again helps. */
  readonly passes: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, extensions: Extensions = {}) {
    super(message);
    this.code = extensions.code ?? "INTERNAL_SERVER_ERROR";
    this.field = extensions.field;
    this.reason = extensions.reason;
    this.requestId = extensions.requestId;
    this.passes = extensions.retryable ?? false;
    this.retryAfterMs = extensions.retryAfterMs;
  }
}

/** noAnswer is the failure of a request whose answer never came. */
export const noAnswer = () => new Failure("no answer", { code: "NETWORK", retryable: true });

/** failureOf reads the first error of an answer, or what kept it from coming. */
export function failureOf({ graphQLErrors: [first], networkError }: CombinedError): Failure {
  if (networkError instanceof Failure) return networkError;
  if (!first) return noAnswer();
  return new Failure(first.message, first.extensions as Extensions);
}
