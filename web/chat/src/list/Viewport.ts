import { flushSync } from "react-dom";
import { Layout } from "./layout";

// What stays where it is: the end of the list, or a row, by the distance of its top or its bottom from
// the upper edge. By its bottom when rows have come above it, because it may then lose its heading.
type Anchor = { key: string; top: number; bottom: number; by: "top" | "bottom" } | undefined;

const slack = 24; // px from the end that still count as there
const ahead = 500; // px that are rendered beyond the view on either side
const reserve = 200; // px of them that are left when more are rendered

/** Slice is what a list renders. */
export type Slice = { from: number; to: number; offset: number; space: number; atEnd: boolean; nearStart: boolean };

/** Viewport holds what is being read in its place while the list around it changes. */
export class Viewport {
  readonly #layout = new Layout();
  readonly #rows = new Map<HTMLElement, string>();
  readonly #sizes = new ResizeObserver((entries) => this.#resized(entries));
  #box: HTMLElement | undefined;
  #width = 0;
  #anchor: Anchor;
  #scroll = 0; // where we last knew the box to be
  #slice: Slice | undefined;

  constructor(readonly redraw: () => void) {}

  /** attach begins to watch the box that scrolls. */
  attach(box: HTMLElement): () => void {
    this.#box = box;
    this.#width = box.clientWidth;
    this.#sizes.observe(box);
    box.addEventListener("scroll", this.#scrolled, { passive: true });
    return () => {
      box.removeEventListener("scroll", this.#scrolled);
      this.#sizes.disconnect();
      this.#box = undefined;
    };
  }

  readonly observe = (key: string, row: HTMLElement): (() => void) => {
    this.#rows.set(row, key);
    this.#sizes.observe(row);
    return () => {
      this.#rows.delete(row);
      this.#sizes.unobserve(row);
    };
  };

  readonly toEnd = (): void => {
    this.#anchor = undefined;
    this.redraw();
  };

  /** toRow moves a row to the middle, unless it is in view. */
  readonly toRow = (key: string): void => {
    const layout = this.#layout;
    const index = layout.indexOf(key);
    if (index === undefined) return;
    const top = layout.top(index);
    const bottom = layout.top(index + 1);
    if (top >= this.#scroll && bottom <= this.#scroll + this.#height) return;
    const above = Math.max(0, (this.#height - bottom + top) / 2);
    const isEnd = top - above >= layout.total - this.#height - slack;
    this.#anchor = isEnd ? undefined : { key, top: above, bottom: above + bottom - top, by: "top" };
    this.redraw();
  };

  /** slice says what to render of these rows. */
  slice(keys: readonly string[], guess: (index: number) => number): Slice {
    this.#follow();
    const changed = this.#layout.update(keys, guess);
    if (changed && this.#anchor) this.#anchor.by = "bottom";
    const layout = this.#layout;
    const height = this.#height;
    const at = this.#wanted();
    const from = layout.at(at - ahead);
    const to = layout.count === 0 ? 0 : layout.at(at + height + ahead) + 1;
    // A list shorter than the box lies at its lower edge.
    const offset = layout.top(from) + Math.max(0, height - layout.total);
    const space = Math.max(layout.total, height);
    this.#slice = { from, to, offset, space, atEnd: !this.#anchor, nearStart: at < 2 * height + ahead };
    return this.#slice;
  }

  /** settle measures what was rendered and puts the box where it belongs. It runs after each render, before anything is painted. */
  settle(): void {
    if (!this.#box) return;
    let news = false;
    for (const [row, key] of this.#rows) {
      news = this.#layout.measure(key, row.getBoundingClientRect().height) || news;
    }
    if (news) return this.redraw();
    const wanted = this.#wanted();
    if (Math.abs(this.#box.scrollTop - wanted) > 0.5) this.#box.scrollTop = wanted;
    this.#scroll = this.#box.scrollTop;
    if (this.#anchor) this.#hold(); // until here it may have rested on guesses
  }

  get #height(): number {
    return this.#box?.clientHeight ?? innerHeight;
  }

  #wanted(): number {
    const end = Math.max(0, this.#layout.total - this.#height);
    const index = this.#anchor && this.#layout.indexOf(this.#anchor.key);
    if (!this.#anchor || index === undefined) return end;
    const { by, top, bottom } = this.#anchor;
    const at = by === "top" ? this.#layout.top(index) - top : this.#layout.top(index + 1) - bottom;
    return Math.min(Math.max(0, at), end);
  }

  // follow takes note of where the reader has scrolled to.
  #follow(): void {
    if (!this.#box) return;
    const at = this.#box.scrollTop;
    if (Math.abs(at - this.#scroll) < 1) return;
    this.#scroll = at;
    if (at + this.#height >= this.#layout.total - slack) this.#anchor = undefined;
    else this.#hold();
  }

  // hold makes the first row in view the one that stays where it is.
  #hold(): void {
    const at = this.#scroll;
    const layout = this.#layout;
    // Rows whose key begins with @ stay at the edge of the list, so they hold nothing in place.
    let index = layout.at(at);
    while (layout.keyAt(index)?.startsWith("@") && index < layout.count - 1) index++;
    const key = layout.keyAt(index);
    if (key !== undefined) this.#anchor = { key, top: layout.top(index) - at, bottom: layout.top(index + 1) - at, by: "top" };
  }

  readonly #scrolled = (): void => {
    this.#follow();
    const { from, to, atEnd } = this.#slice ?? { from: 0, to: 0, atEnd: true };
    const layout = this.#layout;
    const above = from > 0 && layout.top(from) > this.#scroll - reserve;
    const below = to < layout.count && layout.top(to) < this.#scroll + this.#height + reserve;
    if (above || below || atEnd !== !this.#anchor) this.redraw();
  };

  #resized(entries: readonly ResizeObserverEntry[]): void {
    this.#follow();
    let news = false;
    for (const { target } of entries) {
      if (target !== this.#box) {
        const key = this.#rows.get(target as HTMLElement);
        if (key !== undefined) news = this.#layout.measure(key, target.getBoundingClientRect().height) || news;
        continue;
      }
      news = true;
      if (this.#box.clientWidth === this.#width) continue;
      this.#width = this.#box.clientWidth;
      this.#layout.forget();
    }
    // Before the browser paints, so that nobody sees it in between.
    if (news) flushSync(this.redraw);
  }
}
