import type { Client } from "graphql-ws";
import type { Chat, Reason } from "../chats.mjs";

/** A RoomEvent is what happened in one of the rooms. */
export interface RoomEvent {
  kind: string;
  cursor: string | null;
  room: { id: string } | null;
  chat: Chat | null;
}

export declare function followRooms(
  socket: Client,
  cursors: Iterable<readonly [room: string, cursor: string]>,
  view: { happened(event: RoomEvent): void; ended(reason: Reason): void },
): () => void;
