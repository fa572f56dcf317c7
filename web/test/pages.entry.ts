// What pages.test.mjs runs of the chat without a browser.
export { makeClient } from "../chat/src/api/client";
export { newest } from "../chat/src/chat/pages";
export { RoomsDocument } from "../chat/src/gql/graphql";
