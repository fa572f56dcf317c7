import type { Client } from "urql";
import { keep } from "../api/keep";
import type { Failure } from "../api/failure";
import { RoomEventsDocument, type RoomEventsSubscription } from "../gql/graphql";

export type Event = RoomEventsSubscription["events"];

/** What a reader of a room does about what comes. */
export type Reader = {
  /** The cache has it already. */
  happened(event: Event): void;
  /** The stream is over: NOT_FOUND, FORBIDDEN, or CURSOR_DIVERGED, after which a new page must be read. */
  ended(failure: Failure): void;
};

const final = new Set(["NOT_FOUND", "FORBIDDEN", "CURSOR_DIVERGED", "BAD_USER_INPUT"]);

/**
 * stream gives everything that happens in a room after a place, each event once, through cut
 * connections, restarts of the server and tokens that run out: the place moves with every event, and
 * whoever subscribes again reads it.
 */
export function stream(client: Client, room: string, place: string, reader: Reader): () => void {
  const after = [place]; // moved in place: this very list is what is sent when the socket has come back
  return keep(() => client.subscription(RoomEventsDocument, { rooms: [room], after }), {
    next({ events }) {
      after[0] = events.cursor ?? events.cursors?.[0] ?? after[0]!;
      reader.happened(events);
    },
    ended(failure) {
      if (!final.has(failure.code)) return false;
      reader.ended(failure);
      return true;
    },
  });
}
