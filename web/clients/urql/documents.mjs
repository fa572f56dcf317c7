import { gql } from "@urql/core";

const CHAT = "{ id number username text editedAt deletedAt }";

export const ROOM = gql(`query Room($room: ID!) { chats(room: $room) { nodes ${CHAT} syncCursor } }`);

export const EVENTS = gql(
  `subscription Events($rooms: [ID!], $after: [Cursor!]) {
    events(rooms: $rooms, after: $after) { kind cursor chat ${CHAT} }
  }`,
);

export const SEND = gql(
  `mutation Send($room: ID!, $text: String!, $id: ID!) {
    sendChat(room: $room, text: $text, id: $id) { id number username }
  }`,
);
