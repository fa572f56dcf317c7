// What the package gives.
export type { Readable } from "./cell.ts";
export type { Link } from "./connection.ts";
export type { Document } from "./document.ts";
export type { ErrorCode, EventKind, LogoutScope, NotifyLevel, Role, RoomAction, RoomKind, TokensFragment as Tokens } from "./gql/documents.ts";
export { Log, type LogEvent, type LogOptions, type LogPlace } from "./log.ts";
export { Connection, type ConnectionOptions } from "./connection.ts";
export type { Entry, Writing } from "./entry.ts";
export type { Outbox } from "./outbox.ts";
export { Parley, type ParleyOptions } from "./parley.ts";
export type { Chat, Member, Person, Pill, Room } from "./parts.ts";
export { uuid, type KeyValue, type Wait } from "./platform.ts";
export type { Post } from "./post.ts";
export { ParleyError, type Lost, type NetworkFault, type Problem, type Refused, type Revoked } from "./problem.ts";
export type { Rooms } from "./rooms.ts";
export { Session, type SessionOptions, type SessionState } from "./session.ts";
export type { Part, SignedIn } from "./signedin.ts";
export type { User } from "./stored.ts";
export type { Timeline, TimelineView } from "./timeline.ts";
