import { Derived } from "./cell.ts";
import { MembersDocument, type MembersQuery } from "./gql/documents.ts";
import { isLoss, type LogEvent } from "./log.ts";
import type { Member } from "./parts.ts";
import { problemOf, type Problem } from "./problem.ts";
import { patiently, type Session } from "./session.ts";
import type { SignedIn } from "./signedin.ts";

export interface MembersView {
  /** Owners first, then admins, then members, each by username; undefined until the server has answered. */
  readonly members: readonly Member[] | undefined;
  /** Why they cannot be shown. */
  readonly problem?: Problem;
}

const rank: Record<string, number> = { OWNER: 0, ADMIN: 1, MEMBER: 2 };
const order = ({ role, user }: Member) => `${rank[role] ?? 3}${user.username.toLowerCase()}`;

const ends = new Set(["MEMBER_LEFT", "MEMBER_REMOVED"]);

/** Members are who is in a room, as long as somebody looks; with what they have read in a direct room. */
export class Members {
  readonly view = new Derived<MembersView>(() => this.#shown());
  readonly room: string;
  readonly #session: Session;
  readonly #leave: () => void;
  readonly #members = new Map<string, Member>(); // by the person's id
  #since: LogEvent[] | undefined;
  #known = false;
  #problem: Problem | undefined;

  /** `room` is an id. */
  constructor(signedIn: SignedIn, room: string) {
    this.#session = signedIn.session;
    this.room = room;
    this.#leave = signedIn.follow(this);
  }

  /** close is for when nobody looks any more. */
  close(): void {
    this.#leave();
  }

  /** anew reads them, at the beginning and when the server has another history. */
  async anew(): Promise<void> {
    const since: LogEvent[] = [];
    this.#since = since;
    try {
      const members = await patiently(this.#session.wait, () => this.#all());
      if (this.#since !== since) return; // asked again meanwhile
      this.#members.clear();
      for (const member of members) this.#members.set(member.user.id, member);
      this.#known = true;
      this.#problem = undefined;
      for (const event of since) this.#take(event);
    } catch (error) {
      this.#problem = problemOf(error);
    }
    if (this.#since === since) this.#since = undefined;
    this.view.changed();
  }

  happened(event: LogEvent): void {
    if (event.room?.id !== this.room) return;
    this.#since?.push(event);
    this.#take(event);
  }

  #take({ kind, user, actor, member }: LogEvent): void {
    const known = this.#members.get(actor?.id ?? "");
    if (kind === "MEMBER_READ") {
      const lastRead = Math.max(known?.lastRead ?? 0, member?.lastRead ?? 0);
      if (!known || lastRead === known.lastRead) return;
      this.#members.set(known.user.id, { ...known, lastRead });
    } else if (user && ends.has(kind)) {
      this.#members.delete(user.id);
    } else if (member && (kind === "MEMBER_JOINED" || kind === "MEMBER_CHANGED")) {
      const { lastRead = null } = this.#members.get(member.user.id) ?? {};
      this.#members.set(member.user.id, { ...member, lastRead: member.lastRead ?? lastRead });
    } else if (isLoss({ kind, user }, this.#session.user?.id)) {
      this.#members.clear();
    } else {
      return;
    }
    this.view.changed();
  }

  #shown(): MembersView {
    const members = [...this.#members.values()].toSorted((a, b) => (order(a) < order(b) ? -1 : 1));
    return { members: this.#known ? members : undefined, ...(this.#problem && { problem: this.#problem }) };
  }

  async #all(): Promise<Member[]> {
    const members: Member[] = [];
    for (let after: string | null = null; ; ) {
      const { room }: MembersQuery = await this.#session.ask(MembersDocument, { room: this.room, after });
      members.push(...(room?.members.nodes ?? []));
      if (!room?.members.pageInfo.hasNextPage) return members;
      after = room.members.pageInfo.endCursor;
    }
  }
}
