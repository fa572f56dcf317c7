// Queries and mutations as any application of urql has them. graphql-codegen can write the types.
import { gql, type TypedDocumentNode } from "urql";

export interface Chat {
  id: string;
  username: string;
  text: string | null;
  editedAt: string | null;
  deletedAt: string | null;
  myReactions: string[];
  reactions: { emoji: string; count: number }[];
}

interface Rooms {
  rooms: { nodes: { id: string; name: string; unreadCount: number }[] };
}

interface Page {
  room: { id: string; name: string; members: { nodes: { id: string; user: { id: string; username: string } }[] } };
  chats: { nodes: Chat[]; pageInfo: { hasPreviousPage: boolean; startCursor: string } };
}

export const ROOMS: TypedDocumentNode<Rooms> = gql`
  query Rooms {
    rooms(scope: JOINED, first: 200) { nodes { id name unreadCount } }
  }
`;

export const PAGE: TypedDocumentNode<Page, { room: string; before?: string }> = gql`
  query Page($room: ID!, $before: Cursor) {
    room(id: $room) { id name members(first: 200) { nodes { id user { id username } } } }
    chats(room: $room, last: 50, before: $before) {
      nodes { id number username text editedAt deletedAt myReactions reactions { emoji count } }
      pageInfo { hasPreviousPage startCursor }
    }
  }
`;

export const MAKE: TypedDocumentNode<{ createRoom: { id: string } }, { name: string }> = gql`
  mutation Make($name: String!) { createRoom(name: $name) { id } }
`;

export const REACT: TypedDocumentNode<unknown, { chat: string; emoji: string; on: boolean }> = gql`
  mutation React($chat: ID!, $emoji: String!, $on: Boolean!) { react(chat: $chat, emoji: $emoji, on: $on) { id } }
`;

export const READ: TypedDocumentNode<unknown, { chat: string }> = gql`
  mutation Read($chat: ID!) { markRead(chat: $chat) { id } }
`;
