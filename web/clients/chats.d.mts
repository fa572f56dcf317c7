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
}

/** A ChatEvent is what happened in a room. */
export interface ChatEvent {
  kind: string;
  cursor: string | null;
  chat: Chat | null;
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
}

/** A Room is one that is shown. */
export interface Room {
  /** settles when the first page is there */
  opened: Promise<void>;
  /** settles when the text is stored; a refusal is a Reason */
  send(text: string): Promise<void>;
  close(): void;
}

export declare function merge(list: readonly Chat[], chats: readonly Chat[]): Chat[];
export declare function apply(list: Chat[], event: ChatEvent): Chat[];
export declare function uuid(): string;
