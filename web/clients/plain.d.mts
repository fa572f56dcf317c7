import type { ChatEvent, Reason, Room, View } from "./chats.mjs";
import type { MyRooms, MyRoomsView } from "./myrooms.mjs";
import type { Session } from "./session.mjs";

/** A Request is the text of an operation and its variables, in which `follow` keeps the place. */
export interface Request {
  query: string;
  variables: { rooms?: string[]; after: string[] | null };
}

/** A Connection is what connect of graphql-ws/ and sse/ answers. */
export interface Connection {
  session: Session;
  follow(request: Request, sink: { next(event: ChatEvent): void; error(reason: Reason): void }): () => void;
}

export declare function openRoom(connection: Connection, room: string, view: View): Room;
export declare function openMyRooms(connection: Connection, view: MyRoomsView): MyRooms;
