/** A TypingEvent is what happened in a room, as far as it makes a difference. */
export interface TypingEvent {
  kind: string;
  actor: { username: string } | null;
  chat: { username?: string } | null;
  /** what a bot has written so far */
  preview?: string | null;
}

/** A Preview is what a bot has written so far. */
export interface Preview {
  username: string;
  text: string;
}

export declare class Typing {
  constructor(show: (usernames: string[]) => void);
  happened(event: TypingEvent): void;
  stop(): void;
}

export declare class Previews {
  constructor(show: (previews: Preview[]) => void);
  happened(event: TypingEvent): void;
  stop(): void;
}

/** returns what may be called at each key: at most every two seconds it calls `tell` */
export declare function sparingly(tell: () => unknown): () => Promise<void>;
