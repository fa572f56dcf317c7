import { readFileSync, renameSync, writeFileSync } from "node:fs";

// Of how many rooms there are newest cursors before another CAUGHT_UP is to say all at once: a request has at most 128 KiB,
// which are some 2,700 cursors.
const most = 100;

/** Places are where the bot goes on: what the last CAUGHT_UP said, and the newest cursor of each room since. */
export class Places {
  #file;
  #caughtUp = [];
  #newest = new Map();

  /** Where there is no file the bot begins with what is said from now on. */
  constructor(file) {
    this.#file = file;
    try {
      const { caughtUp, newest } = JSON.parse(readFileSync(file, "utf8"));
      this.#caughtUp = caughtUp;
      this.#newest = new Map(newest);
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }

  get after() {
    return [...this.#caughtUp, ...this.#newest.values()];
  }

  /**
   * move notes that an event has been dealt with, and returns false when it is time for another CAUGHT_UP. Events without a
   * cursor are not stored, and move nothing.
   */
  move({ cursor, cursors, room }) {
    if (cursors) this.#newest.clear();
    if (cursors) this.#caughtUp = cursors;
    if (cursor) this.#newest.set(room.id, cursor);
    if (cursors || cursor) this.#save();
    return this.#newest.size < most;
  }

  // region save
  // save replaces the file as a whole: a kill leaves the old one or the new one, and never half of it.
  #save() {
    const text = JSON.stringify({ caughtUp: this.#caughtUp, newest: [...this.#newest] });
    writeFileSync(`${this.#file}.new`, text, { flush: true }); // Node 20.10 or later
    renameSync(`${this.#file}.new`, this.#file);
  }
  // endregion

  /** check looks at why a stream has ended. Cursors of somebody else's end the bot; what the server forgot is forgotten. */
  check({ code, reason, message }) {
    if (reason === "CURSOR_INVALID") throw new Error(`${this.#file} is not of this bot: ${message}`);
    if (code !== "CURSOR_DIVERGED") return;
    console.error("the server was put back to a backup: on with what is said from now on");
    this.#caughtUp = [];
    this.#newest.clear();
  }
}
