import type { Reason } from "./chats.mjs";
import type { Counts } from "./unread.mjs";

/** A MyRoom is one of the rooms. */
export interface MyRoom {
  id: string;
  kind: "PUBLIC" | "PRIVATE" | "DIRECT";
  name: string;
  topic: string | null;
  createdAt: string;
  lastChat: { id: string; number: number; username: string; text: string | null; createdAt: string } | null;
}

/** A MyRoomRow is a room with what is unread there; 100 stands for that many and more. */
export interface MyRoomRow extends MyRoom, Counts {}

/** A MyRoomsEvent is what happened in one of the rooms. */
export interface MyRoomsEvent {
  kind: string;
  room: MyRoom;
  user: { id: string } | null;
}

/** A MyRoomsView is whoever shows the list. */
export interface MyRoomsView {
  /** gets all rooms, the latest active first, whenever they change */
  show(list: MyRoomRow[]): void;
  /** gets the reason why nothing more will come */
  ended(reason: Reason): void;
}

/** MyRooms is a list that is shown. */
export interface MyRooms {
  /** asks for the list once more: after createRoom, openDirectRoom and hideRoom, of which nobody is told */
  refresh(): Promise<void>;
  /** is called when a chat of a room, and with it all before, was seen */
  markRead(room: string, chat: { id: string; number: number }): Promise<void>;
  close(): void;
}

/** A Source is how a client asks, changes and follows. */
export interface Source {
  // The documents are this file's own, and so are the shapes of what they bring.
  ask(query: string, variables: object): Promise<never>;
  change(mutation: string, variables: object): Promise<unknown>;
  follow(
    operation: { query: string; variables: object },
    sink: { next(event: never): void; error(reason: Reason): void },
  ): () => void;
}

export declare function applyToRooms(rooms: readonly MyRoom[], event: MyRoomsEvent, me: string): MyRoom[];
export declare function openMyRooms(source: Source, view: MyRoomsView): MyRooms;
