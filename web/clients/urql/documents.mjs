import { gql } from "@urql/core";

const CHAT = "id number username text editedAt deletedAt reactions { emoji count users { username } }";

export const ROOM = gql(
  `query Room($room: ID!) { me { id } chats(room: $room) { nodes { ${CHAT} myReactions } syncCursor } }`,
);

export const EVENTS = gql(
  `subscription Events($rooms: [ID!], $after: [Cursor!]) {
    events(rooms: $rooms, after: $after) { kind cursor emoji preview actor { id username } chat { ${CHAT} } }
  }`,
);

export const SEND = gql(
  `mutation Send($room: ID!, $text: String!, $id: ID!) {
    sendChat(room: $room, text: $text, id: $id) { id number username }
  }`,
);

export const OWN = gql(`fragment Own on Chat { id myReactions }`);

export const REACT = gql(
  `mutation React($chat: ID!, $emoji: String!, $on: Boolean!) {
    react(chat: $chat, emoji: $emoji, on: $on) { id }
  }`,
);

export const TYPING = gql(`mutation SetTyping($room: ID!) { setTyping(room: $room) { id } }`);
