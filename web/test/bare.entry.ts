// What bare.mjs has of the chat.
export { makeClient } from "../chat/src/api/client";
export { keep } from "../chat/src/api/keep";
export { Services } from "../chat/src/api/services";
export { History } from "../chat/src/chat/history";
export { titleOf } from "../chat/src/chat/naming";
export { newest, standing } from "../chat/src/chat/pages";
export { People, alike } from "../chat/src/chat/people";
export { Session } from "../client/src/session.ts";
export { ActivityDocument, RoomsDocument } from "../chat/src/gql/graphql";
