import type { ChatEvent, Reason, Room, View } from "./chats.mjs";
import type { Session } from "./session.mjs";

/** A Request is the text of an operation and its variables, in which `follow` keeps the place. */
export interface Request {
  query: string;
  variables: { rooms: string[]; after: string[] };
}

/** A Connection is what connect of graphql-ws/ and sse/ answers. */
export interface Connection {
  session: Session;
  follow(request: Request, sink: { next(event: ChatEvent): void; error(reason: Reason): void }): () => void;
}

export declare function openRoom(connection: Connection, room: string, view: View): Room;
