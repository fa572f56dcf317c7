/** A TypingEvent is what happened in a room, as far as it makes a difference. */
export interface TypingEvent {
  kind: string;
  actor: { username: string } | null;
  chat: { username?: string } | null;
}

export declare class Typing {
  constructor(show: (usernames: string[]) => void);
  happened(event: TypingEvent): void;
  stop(): void;
}

/** returns what may be called at each key: at most every two seconds it calls `tell` */
export declare function sparingly(tell: () => unknown): () => Promise<void>;
