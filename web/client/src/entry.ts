import type { Problem } from "./problem.ts";
import type { Waiting } from "./shelf.ts";

/** Entry is a chat of one's own that its room does not show yet. */
export interface Entry extends Omit<Waiting, "tried" | "amended" | "stored" | "discarded"> {
  /** "sent": the server has it. "refused": it waits for somebody to change, repeat or discard it. */
  readonly state: "waiting" | "sent" | "refused";
  /** Why it was refused. */
  readonly problem?: Problem;
  /** It lives as long as this page only: there is no IndexedDB, or it is full. */
  readonly fleeting: boolean;
}

/** Writing is what may be said of a chat beside its text. */
export interface Writing {
  /** The id of the chat that it answers. */
  readonly replyTo?: string;
  readonly data?: unknown;
}

/** Held is what this tab knows of a chat; `kept`: it lies on the shelf. */
export type Held = { waiting: Waiting; state: Entry["state"]; problem?: Problem; kept: boolean; number?: number };

/** isSame says whether there is the same to be done about two. */
export const isSame = (one: Waiting, other: Waiting) =>
  one.text === other.text && one.discarded === other.discarded && one.stored === other.stored && one.amended === other.amended;
