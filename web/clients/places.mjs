// Where a stream goes on when it is subscribed to again.

// #region places
/** Places are where a stream goes on: what its last CAUGHT_UP said, and the newest cursor of each room since. */
export class Places {
  #caughtUp = [];
  #newest = new Map();
  #after;

  /** `after` is where the stream begins. */
  constructor(after) {
    this.#after = after;
  }

  /** moved takes in an event and returns where to go on. */
  moved({ cursor, cursors, room }) {
    if (cursors) this.#newest.clear();
    if (cursors) this.#caughtUp = cursors;
    if (cursor) this.#newest.set(room?.id, cursor);
    if (cursors || cursor) this.#after = [...this.#caughtUp, ...this.#newest.values()];
    return this.#after;
  }
}
// #endregion
