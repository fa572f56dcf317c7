import type { Client, OperationResult } from "urql";
import { answered } from "../api/answered";
import { page } from "../api/cache";
import { failureOf, type Failure } from "../api/failure";
import {
  OlderChatsDocument,
  RoomPageDocument,
  RoomStandingDocument,
  type ChatRowFragment,
  type OlderChatsQuery,
  type QuotedFragment,
  type RoomPageQuery,
  type RoomStandingQuery,
} from "../gql/graphql";

/** Chat is one chat, and which emoji are one's own. */
export type Chat = ChatRowFragment & { myReactions: readonly string[] };
/** Quoted is what is shown of a chat above those that answer it. */
export type Quoted = QuotedFragment;
export type Room = NonNullable<RoomPageQuery["room"]>;

/** What somebody does about a page. */
type Reader<Data> = {
  /** What the cache has of an earlier visit, until the server answers. */
  remembered?(data: Data): void;
  /** Once: the server's answer, or why there is none. */
  answered(failure: Failure | undefined, data: Data | undefined): void;
};

/** newest asks for the end of a room; older for the page before a place. All give up when what they answer is called. */
export const newest = (client: Client, room: string, reader: Reader<RoomPageQuery>): (() => void) =>
  follow(client.query(RoomPageDocument, { room, last: page.newest }, { requestPolicy: "cache-and-network" }), reader);

export const older = (
  client: Client,
  at: { room: string; before: string },
  reader: Reader<OlderChatsQuery>,
): (() => void) =>
  follow(client.query(OlderChatsDocument, { ...at, last: page.older }, { requestPolicy: "network-only" }), reader);

/** standing asks for a room, and what one may do there. */
export const standing = (client: Client, room: string, reader: Reader<RoomStandingQuery>): (() => void) =>
  follow(client.query(RoomStandingDocument, { room }, { requestPolicy: "network-only" }), reader);

type Source<Data> = { subscribe(next: (result: OperationResult<Data>) => void): { unsubscribe(): void } };

// What the cache makes of later news is not waited for: the room's stream tells it too, and in order.
function follow<Data>(source: Source<Data>, reader: Reader<Data>): () => void {
  let waiting = true;
  const { unsubscribe } = source.subscribe((result) => {
    if (!waiting) return;
    const data = answered(result);
    if (!data && !result.error) return result.data && reader.remembered?.(result.data);
    waiting = false;
    queueMicrotask(() => unsubscribe());
    reader.answered(result.error && failureOf(result.error), data);
  });
  return () => {
    waiting = false;
    unsubscribe();
  };
}
