import type { TypedDocumentNode } from "@urql/core";
import type { Chat, ChatEvent } from "../chats.mjs";
import type { Wish } from "../reactions.mjs";

export declare const ROOM: TypedDocumentNode<{ me: { id: string }; chats: { nodes: Chat[]; syncCursor: string } }, { room: string }>;
export declare const EVENTS: TypedDocumentNode<{ events: ChatEvent }, { rooms: string[]; after: string[] }>;
export declare const SEND: TypedDocumentNode<
  { sendChat: Pick<Chat, "id" | "number" | "username"> },
  { room: string; text: string; id: string }
>;
export declare const OWN: TypedDocumentNode<{ id: string; myReactions: string[] }>;
export declare const REACT: TypedDocumentNode<{ react: { id: string } }, Wish>;
export declare const TYPING: TypedDocumentNode<{ setTyping: { id: string } }, { room: string }>;
