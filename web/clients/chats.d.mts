import type { Preview } from "./typing.mjs";

/** A Chat is a row of a room. */
export interface Chat {
  id: string;
  /** null while it waits for the server */
  number: number | null;
  /** missing as long as the number is */
  username?: string;
  /** null once deleted */
  text: string | null;
  editedAt?: string | null;
  deletedAt?: string | null;
  /** missing while it waits for the server, and of what is not shown */
  reactions?: Reaction[];
  /** one's own, as the server has them */
  myReactions?: string[];
}

/** A Reaction is one emoji on a chat. */
export interface Reaction {
  emoji: string;
  count: number;
  /** the first ten who have put it there */
  users: { username: string }[];
  /** whether oneself has; set in what is shown */
  mine?: boolean;
}

/** A ChatEvent is what happened in a room. */
export interface ChatEvent {
  kind: string;
  cursor: string | null;
  chat: Chat | null;
  emoji: string | null;
  /** with TYPING of a bot: what it has written so far */
  preview: string | null;
  actor: { id: string; username: string } | null;
}

/** A Reason is why something ended; `code` is one of the schema's ErrorCode, and missing when it was not the server. */
export type Reason = Error & { code?: string };

/** A View is whoever shows a room. */
export interface View {
  /** gets all chats, oldest first, whenever they change */
  show(list: Chat[]): void;
  /** gets each new chat of the stream, once */
  heard(chat: Chat): void;
  /** gets the reason why nothing more will come */
  ended(reason: Reason): void;
  /** gets the usernames of those who are typing, whenever they change */
  typing?(usernames: string[]): void;
  /** gets what bots have written so far, to be shown below all chats, whenever it changes */
  previews?(previews: Preview[]): void;
}

/** A Room is one that is shown. */
export interface Room {
  /** settles when the first page is there */
  opened: Promise<void>;
  /** settles when the text is stored; a refusal is a Reason */
  send(text: string): Promise<void>;
  /** puts an emoji on a chat, by its id, or takes it off; a refusal is a Reason */
  react(chat: string, emoji: string, on: boolean): Promise<void>;
  /** is called at each key */
  setTyping(): Promise<void>;
  close(): void;
}

export declare function merge(list: readonly Chat[], chats: readonly Chat[]): Chat[];
export declare function apply(list: Chat[], event: ChatEvent): Chat[];
export declare function uuid(): string;
