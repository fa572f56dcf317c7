import type { Chat, Reason, Room, View } from "../chats.mjs";

/** What a component shows of a room. */
export interface Shown {
  list: Chat[];
  /** why the room has ended, if it has; with the code SESSION_REVOKED or UNAUTHENTICATED: sign in */
  error: Reason | undefined;
  send(text: string): Promise<void>;
}

export declare function useRoom<Client>(
  openRoom: (client: Client, name: string, view: View) => Room,
  client: Client,
  name: string,
): Shown;
