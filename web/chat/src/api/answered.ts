import { mapExchange, type OperationResult } from "urql";

/**
 * answers keeps beside each result what the server answered. The cache puts objects together from several answers, which may be
 * of different moments: a chat with the text of one and the time of change of another, which it never had.
 */
export const answers = mapExchange({
  onResult: (result) => ({ ...result, extensions: { ...result.extensions, answered: result.data } }),
});

/** answered is what the server answered, undefined if a result is the cache's own. */
export const answered = <Data>({ extensions }: OperationResult<Data>): Data | undefined =>
  (extensions?.["answered"] as Data | null | undefined) ?? undefined;
