import type { Failure } from "../api/failure";
import type { Answered } from "./kept";

/** Draft is a chat of one's own, or a new text of one, that is not yet seen in its room. */
export type Draft = {
  /** The chat's id, made here: however often it is sent and whatever becomes of its text, it is one chat. */
  id: string;
  room: string;
  text: string;
  at: string;
  /** Its place among those that wait. */
  turn: number;
  /** "waiting" to be sent, "stored" by the server, "refused" for good, "discarded" if it is not too late. */
  state: "waiting" | "stored" | "refused" | "discarded";
  /** It was sent at least once, so the server may have it. */
  tried?: boolean | undefined;
  /** The text was changed here, so the server may have another one. */
  amended?: boolean | undefined;
  /** The server has the chat with another text, so now it is edited. */
  there?: boolean | undefined;
  /** The chat was in its room before, and this changes it. */
  change?: boolean | undefined;
  /** The chat that it answers. */
  replyTo?: Answered | undefined;
  failure?: Failure | undefined;
};
