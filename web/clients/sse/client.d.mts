import type { Connection } from "../plain.mjs";
import type { Session } from "../session.mjs";

export interface EventsOptions {
  /** milliseconds without a byte, after which the connection counts as dead */
  silence?: number;
}

export declare function connect(session: Session, options?: EventsOptions): Connection;
