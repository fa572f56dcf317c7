import type { TypedDocumentNode } from "@urql/core";
import type { Chat, ChatEvent } from "../chats.mjs";

export declare const ROOM: TypedDocumentNode<{ chats: { nodes: Chat[]; syncCursor: string } }, { room: string }>;
export declare const EVENTS: TypedDocumentNode<{ events: ChatEvent }, { rooms: string[]; after: string[] }>;
export declare const SEND: TypedDocumentNode<
  { sendChat: Pick<Chat, "id" | "number" | "username"> },
  { room: string; text: string; id: string }
>;
