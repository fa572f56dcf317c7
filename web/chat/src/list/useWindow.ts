import { useLayoutEffect, useReducer, useState, type RefObject } from "react";
import { Viewport, type Slice } from "./Viewport";

/** useWindow is the part of a list that is to be rendered in a box, and the viewport that keeps it in its place. */
export function useWindow(
  box: RefObject<HTMLElement | null>,
  keys: readonly string[],
  guess: (index: number) => number,
): [Viewport, Slice] {
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const [viewport] = useState(() => new Viewport(redraw));
  useLayoutEffect(() => (box.current ? viewport.attach(box.current) : undefined), [box, viewport]);
  useLayoutEffect(() => viewport.settle());
  return [viewport, viewport.slice(keys, guess)];
}
