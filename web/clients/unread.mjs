// What one has not read in each room: as the server has counted it, and from there on by what the stream brings.

const most = 100; // of what is counted: it stands for that many and more

const over = new Set(["MEMBER_LEFT", "MEMBER_REMOVED"]);

/** Unread counts in each room what one has not read. The stream is the same for all; who one is makes the difference. */
export class Unread {
  #rooms = new Map();
  #me;
  #blocked = new Set();

  constructor(me) {
    this.#me = me;
  }

  /** blocks takes in whom one has blocked: their answers are no mentions. */
  blocks(people) {
    this.#blocked = new Set(people.map(({ username }) => username));
  }

  /** counted takes in what the server has counted. Of what the stream has brought only what is newer counts beside it. */
  counted({ id, unreadCount, mentionCount, lastNumber, me }) {
    const { read = 0, news = [] } = this.#rooms.get(id) ?? {};
    const room = { unreadCount, mentionCount, lastNumber, read: me?.lastRead ?? 0 };
    room.news = new Map([...news].filter(([number]) => number > lastNumber)); // number: whether it is for oneself
    this.#rooms.set(id, room);
    this.read(id, read);
  }

  /** of returns the counts of a room as they are now. */
  of(id) {
    const room = this.#rooms.get(id);
    if (!room) return { unreadCount: 0, mentionCount: 0 };
    const { read, news } = room;
    const { unreadCount, mentionCount } = read < room.lastNumber ? room : { unreadCount: 0, mentionCount: 0 };
    const forMe = [...news.values()].filter(Boolean).length;
    return {
      unreadCount: Math.min(most, unreadCount + news.size),
      mentionCount: Math.min(most, mentionCount + forMe),
    };
  }

  /** read takes note that a room was read up to a number, here or on another device, and returns whether that is news. */
  read(id, number) {
    const room = this.#rooms.get(id);
    if (!room || number <= room.read) return false;
    room.inside = number < room.lastNumber && room.unreadCount > 0; // how many of them are left only the server knows
    room.read = number;
    for (const one of room.news.keys()) if (one <= number) room.news.delete(one);
    return true;
  }

  /** happened takes in an event. It returns whether the server must count again. */
  happened({ kind, room: { id }, chat, actor, user, member }) {
    const room = this.#rooms.get(id);
    if (kind === "ROOM_DELETED" || (over.has(kind) && user?.id === this.#me.id)) return this.#rooms.delete(id) && false;
    if (kind === "MEMBER_JOINED") return user?.id === this.#me.id;
    if (!room) return kind === "CHAT_SENT";
    if (kind === "MEMBER_READ") return actor?.id === this.#me.id && this.#readElsewhere(id, member?.lastRead);
    if (!chat) return false;
    if (chat.username === this.#me.username || chat.number <= room.read) return false;
    if (chat.number <= room.lastNumber) return kind === "CHAT_EDITED" || kind === "CHAT_DELETED"; // it was counted
    if (chat.deletedAt) room.news.delete(chat.number);
    else room.news.set(chat.number, this.#isForMe(chat));
    return room.news.size > 2 * most; // enough to remember
  }

  #readElsewhere(id, number) {
    if (typeof number !== "number") return this.of(id).unreadCount > 0;
    this.read(id, number);
    return this.isInside(id);
  }

  #isForMe({ username, mentions, replyTo }) {
    const answers = replyTo?.username === this.#me.username && !this.#blocked.has(username);
    return answers || mentions.some(({ id }) => id === this.#me.id);
  }

  /** isInside tells whether a room was read up to somewhere in what the server has counted, which it must do again. */
  isInside(id) {
    return this.#rooms.get(id)?.inside ?? false;
  }

  /** forget takes back what was read: the server has refused it, and says at its next count how far it is. */
  forget(id) {
    const room = this.#rooms.get(id);
    if (room) room.read = 0;
  }
}
