import type { CombinedError } from "urql";
import { ParleyError, type Problem } from "../../../client/src/problem.ts";

type Extensions = Partial<Record<"code" | "field" | "reason" | "requestId", string>> & {
  retryable?: boolean;
  retryAfterMs?: number;
};

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

/** failing is a problem of the session as a failure. */
export const failing = (problem: Problem) => (problem.kind === "network" ? noAnswer() : new Failure(problem.message, problem));

/** fail throws the failure behind what was thrown. */
export function fail(error: unknown): never {
  throw error instanceof ParleyError ? failing(error.problem) : error;
}

/** failureOf reads the first error of an answer, or what kept it from coming. */
export function failureOf({ graphQLErrors: [first], networkError }: CombinedError): Failure {
  if (networkError instanceof ParleyError) return failing(networkError.problem);
  if (!first) return noAnswer();
  return new Failure(first.message, first.extensions as Extensions);
}
