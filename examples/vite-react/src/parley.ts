import { Parley, ParleyError, type Problem } from "parley-client";

const url: string = import.meta.env["VITE_PARLEY_URL"] ?? "http://127.0.0.1:8080/graphql";

export const parley = new Parley({ url });

/** words tell people what went wrong. Its kind says what can be done about it. */
export function words(problem: Problem): string {
  switch (problem.kind) {
    case "revoked":
      return `You were signed out. ${problem.message}`;
    case "lost":
      return "This room is gone, or not for you.";
    case "network":
      return "The server does not answer. Try again.";
    case "refused":
      return problem.retryAfterMs ? `Wait ${Math.ceil(problem.retryAfterMs / 1000)} s and try again.` : problem.message;
  }
}

/** attempt does something, and answers what to tell people if it did not work. */
export async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof ParleyError) return words(error.problem);
    throw error;
  }
}
