import type { Client } from "graphql-ws";
import type { Session } from "./session.mjs";

export interface SocketOptions {
  /** milliseconds between pings */
  keepAlive?: number;
}

export declare function openSocket(session: Session, options?: SocketOptions): Client;
