import { gql } from "@urql/core";

const CHAT = "{ id number username text cursor }";

export const ROOM = gql(`query Room($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`);

export const SENT = gql(
  `subscription Sent($room: ID!, $after: Cursor) { chatSent(room: $room, after: $after) ${CHAT} }`,
);

export const SEND = gql(
  `mutation Send($room: ID!, $text: String!, $id: ID!) { sendChat(room: $room, text: $text, id: $id) ${CHAT} }`,
);
