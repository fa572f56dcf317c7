import { makeOperation, mapExchange, type OperationResult } from "urql";
import type { CountsFragment, LastChatFragment } from "../gql/graphql";

/** Tell is told what the server answers; `asked` is the serial number of the request, counted as they are sent. What a stream says is as new as can be. */
export type Tell = (data: unknown, asked: number) => void;

/**
 * answers keeps beside each result what the server answered, and tells it. The cache puts objects together from several answers,
 * which may be of different moments: a chat with the text of one and the time of change of another, which it never had.
 */
export const answers = (tell: Tell) => {
  let asked = 0;
  return mapExchange({
    onOperation: (operation) => makeOperation(operation.kind, operation, { ...operation.context, asked: ++asked }),
    onResult: (result) => {
      const { kind, context } = result.operation;
      tell(result.data, kind === "subscription" ? ++asked : Number(context["asked"]));
      return { ...result, extensions: { ...result.extensions, answered: result.data } };
    },
  });
};

/** answered is what the server answered, undefined if a result is the cache's own. */
export const answered = <Data>({ extensions }: OperationResult<Data>): Data | undefined =>
  (extensions?.["answered"] as Data | null | undefined) ?? undefined;

/** CountedRoom is a room of an answer in which the server has counted what is unread. */
export type CountedRoom = CountsFragment & { lastChat?: LastChatFragment | null };

/** countedIn are the rooms of an answer that were counted. */
export function countedIn(data: unknown): CountedRoom[] {
  if (typeof data !== "object" || data === null) return [];
  if ("unreadCount" in data) return [data as CountedRoom];
  return Object.values(data).flatMap(countedIn);
}
