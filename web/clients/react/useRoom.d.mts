import type { Chat, Reason, Room, View } from "../chats.mjs";
import type { Preview } from "../typing.mjs";

/** What a component shows of a room, and what it does there, as with Room. */
export interface Shown extends Pick<Room, "send" | "react" | "setTyping"> {
  list: Chat[];
  /** the usernames of those who are typing, who began first */
  typing: string[];
  /** what bots have written so far, to be shown below all chats */
  previews: Preview[];
  /** why the room has ended, if it has; with the code SESSION_REVOKED or UNAUTHENTICATED: sign in */
  error: Reason | undefined;
}

export declare function useRoom<Client>(
  openRoom: (client: Client, name: string, view: View) => Room,
  client: Client,
  name: string,
): Shown;
