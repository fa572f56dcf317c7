import type { ErrorCode } from "./gql/documents.ts";

/** What the server says with every refusal. */
interface Said {
  readonly message: string;
  /** One of ErrorCode, or one that is newer than this package. */
  readonly code: ErrorCode | (string & {});
  readonly reason?: string;
}

/** The session has ended: signed out elsewhere, password changed, account deleted. Show the sign-in form. */
export interface Revoked extends Said {
  readonly kind: "revoked";
}

/** A room is not there any more, or not for oneself. `room` is what was asked for: an id or a name. */
export interface Lost extends Said {
  readonly kind: "lost";
  readonly room: string;
}

/** The server has refused one call, and changed nothing, unless the code is UNKNOWN_OUTCOME. */
export interface Refused extends Said {
  readonly kind: "refused";
  /** The argument that is not acceptable. */
  readonly field?: string;
  /** The same call again may succeed. */
  readonly retryable: boolean;
  /** Wait at least so long before, in ms. */
  readonly retryAfterMs?: number;
  /** Quote it to whoever runs the server. */
  readonly requestId?: string;
}

/** There was no answer. Whether the call was carried out is not known. */
export interface NetworkFault {
  readonly kind: "network";
  readonly message: string;
}

/** Problem is why something did not work; `kind` tells what to do about it. */
export type Problem = Revoked | Lost | Refused | NetworkFault;

/** ParleyError is what is thrown. All there is to know is in `problem`. */
export class ParleyError extends Error {
  override readonly name = "ParleyError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** A GraphQL error as the server writes it. */
export interface Told {
  readonly message: string;
  readonly extensions?: Partial<Omit<Refused, "kind" | "message">>;
}

// Only what is there: a property that is undefined is not one that is missing.
const given = <Parts extends object>(parts: Parts) =>
  Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Parts]?: Exclude<Parts[Name], undefined>;
  };

/** refusal reads an error of the server. */
export function refusal({ message, extensions = {} }: Told): Refused {
  const { code = "INTERNAL_SERVER_ERROR", retryable = false, reason, field, retryAfterMs, requestId } = extensions;
  return { kind: "refused", message, code, retryable, ...given({ reason, field, retryAfterMs, requestId }) };
}

/** revoked makes of a refusal the end of a session. */
export const revoked = ({ message, code, reason }: Refused): Revoked => ({ kind: "revoked", message, code, ...given({ reason }) });

/** lostOr makes of a refusal to read a room the end of that; of any other problem itself. */
export function lostOr<One extends Problem>(room: string, problem: One): One | Lost {
  if (problem.kind !== "refused" || (problem.code !== "NOT_FOUND" && problem.code !== "FORBIDDEN")) return problem;
  const { message, code, reason } = problem;
  return { kind: "lost", room, message, code, ...given({ reason }) };
}

export const noAnswer: NetworkFault = { kind: "network", message: "The server does not answer." };

/** problemOf is what is behind anything that was thrown here; what is no ParleyError is thrown on: it is a fault of a program. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ParleyError) return error.problem;
  throw error;
}

/** passes says whether the same call is worth repeating. */
export const passes = (problem: Problem): boolean =>
  problem.kind === "network" || (problem.kind === "refused" && (problem.retryable || problem.code === "UNKNOWN_OUTCOME"));
