import type { Connection } from "../plain.mjs";
import type { Session } from "../session.mjs";
import type { SocketOptions } from "../socket.mjs";

export declare function connect(session: Session, options?: SocketOptions): Connection;
