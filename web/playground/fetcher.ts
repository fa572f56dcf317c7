import type { Fetcher, FetcherParams } from "@graphiql/toolkit";
import { type ExecutionResult, getOperationAST, Kind, type OperationDefinitionNode, parse, print, separateOperations } from "graphql";
import type { Tokens, User } from "../client/src/index.ts";
import { noAnswer, problemOf } from "../client/src/problem.ts";
import { refreshToken, session } from "./session";
import { listen } from "./stream";

/**
 * fetcher sends queries and mutations over HTTP, and each subscription over a WebSocket of its own. All
 * carry the token of the headers editor, or else that of whoever was last signed in by a run in this tab.
 */
export const fetcher: Fetcher = async (params, options) => {
  const headers = new Headers(options?.headers);
  const written = headers.get("Authorization") ?? "";
  const isWritten = !/^(bearer)?\s*$/i.test(written); // an empty token, as in the headers to begin with, is none
  const token = isWritten ? undefined : await goodToken();
  const operation = operationOf(params);
  if (operation?.operation === "subscription") {
    const own = separateOperations(parse(params.query))[operation.name?.value ?? ""];
    return listen(print(own ?? operation), filled(params).variables, token === undefined ? written : undefined);
  }
  const run = (carried: string | undefined) => {
    if (carried !== undefined) headers.set("Authorization", `Bearer ${carried}`);
    return ask(filled({ ...params, query: withTokens(params.query, operation) }), headers);
  };
  let result = await run(token);
  if (token !== undefined && codeOf(result) === "TOKEN_EXPIRED") {
    session.drop(token); // the clock here is wrong
    result = await run(await goodToken());
  }
  const pair = tokensOf(result);
  if (pair) await session.signIn(async () => pair);
  else if (token !== undefined && mayEnd(operation, result)) await session.check();
  return result;
};

// The token to carry, or undefined where nobody is signed in. It may have to be renewed, and that can fail.
async function goodToken(): Promise<string | undefined> {
  try {
    return session.user && (await session.token());
  } catch (error) {
    const problem = problemOf(error);
    if (problem.kind === "revoked") return undefined;
    throw problem.kind === "network" ? away : problem;
  }
}

const away = { message: `${noAnswer.message} It may be stopped, or the network is gone. Run it again when it is back.` };

function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | undefined {
  try {
    return getOperationAST(parse(query), operationName) ?? undefined;
  } catch {
    return undefined; // the server says what is wrong with it
  }
}

// The one variable that the playground knows better than whoever types.
function filled({ variables, ...params }: FetcherParams): FetcherParams {
  const token = params.query.includes("$refreshToken") ? refreshToken() : undefined;
  return { ...params, variables: { ...(token && { refreshToken: token }), ...variables } };
}

const broken = () => Promise.reject(away);

async function ask(params: FetcherParams, headers: Headers): Promise<ExecutionResult> {
  headers.set("Content-Type", "application/json");
  headers.set("Accept", "application/graphql-response+json, application/json;q=0.9");
  const answer = await fetch(session.url, { method: "POST", headers, body: JSON.stringify(params) }).catch(broken);
  if (answer.headers.get("Content-Type")?.includes("json")) return answer.json().catch(broken);
  throw { message: `The server answered ${answer.status} ${answer.statusText}`.trimEnd() };
}

const signIns = ["register", "login", "loginWith", "refreshToken"];
const asked = " pgAccess: accessToken pgUntil: accessTokenExpiresAt pgRefresh: refreshToken pgUser: user { id username }";

// A sign-in is asked for all that a session needs, whatever the document wants to see of it. Lines and columns stay.
function withTokens(query: string, operation: OperationDefinitionNode | undefined): string {
  const ends = (operation?.selectionSet.selections ?? []).flatMap((field) =>
    field.kind === Kind.FIELD && signIns.includes(field.name.value) ? (field.selectionSet?.loc?.end ?? []) : [],
  );
  return ends.reduceRight((text, end) => text.slice(0, end - 1) + asked + text.slice(end - 1), query);
}

// Takes out of an answer again what withTokens has asked for.
function tokensOf({ data }: ExecutionResult): Tokens | undefined {
  let pair: Tokens | undefined;
  for (const [name, answer] of Object.entries(data ?? {})) {
    const { pgAccess, pgUntil, pgRefresh, pgUser, ...shown } = (answer ?? {}) as Record<string, string> & { pgUser: User };
    if (!data || !pgAccess || !pgUntil || !pgRefresh) continue;
    data[name] = shown;
    pair = { accessToken: pgAccess, accessTokenExpiresAt: pgUntil, refreshToken: pgRefresh, user: pgUser };
  }
  return pair;
}

const codeOf = ({ errors }: ExecutionResult) => errors?.[0]?.extensions?.code;

const mayEnd = (operation: OperationDefinitionNode | undefined, result: ExecutionResult) =>
  (operation !== undefined && /\b(logout|endSession|deleteAccount)\b/.test(print(operation))) ||
  ["UNAUTHENTICATED", "SESSION_REVOKED"].includes(String(codeOf(result)));
