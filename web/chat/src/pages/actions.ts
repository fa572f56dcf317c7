import type { Chat } from "../chat/pages";

type Some = Pick<Chat, "id" | "text">;

/** Actions are what can be done to a chat. */
export type Actions = {
  edit(chat: Some): void;
  remove(chat: Some): void;
  again(id: string): void;
  discard(id: string): void;
  /** what can be done about the person who wrote a chat */
  meet(username: string): void;
  reply(chat: Chat): void;
  /** shows a chat that is among those of the list */
  jump(id: string): void;
  react(id: string, emoji: string, on: boolean): void;
  /** asks which emoji to react with */
  choose(id: string): void;
  /** what could not be done was read */
  dismiss(id: string): void;
};
