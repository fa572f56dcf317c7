import type { Chat, ChatEvent } from "./chats.mjs";

export declare function ownAfter(own: readonly string[], event: ChatEvent, me: string): string[];

/** A Wish is what is sent: an emoji that is to be on a chat, or not. */
export interface Wish {
  chat: string;
  emoji: string;
  on: boolean;
}

export declare class Wishes {
  constructor(send: (wish: Wish) => Promise<unknown>, changed: () => void);
  /** settles when the server has answered; a refusal is a Reason */
  react(chat: string, emoji: string, on: boolean): Promise<void>;
  happened(event: ChatEvent, me: string): void;
  restart(): void;
  shown(chat: Chat): Chat;
}
