import { useImperativeHandle, useLayoutEffect, useMemo, useRef, type ReactNode, type Ref } from "react";
import { Row } from "./Row";
import { useWindow } from "./useWindow";

/** Handle moves a list from outside. */
export type Handle = {
  toEnd(): void;
  /** toRow shows the row with a key, if there is one. */
  toRow(key: string): void;
};

type Props = {
  /** One key a row, and the same array as long as the rows are the same. */
  keys: readonly string[];
  guess(index: number): number;
  render(index: number): ReactNode;
  label: string;
  /** The reader is close to the beginning. Told again at each render. */
  onNearStart(): void;
  onAtEnd(atEnd: boolean): void;
  ref?: Ref<Handle>;
};

/**
 * VirtualList shows the rows that are in view, of as many as there are. It opens at its end and stays
 * there; elsewhere, what is being read does not move, whatever comes above or below it.
 */
export function VirtualList({ keys, guess, render, label, onNearStart, onAtEnd, ref }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [viewport, { from, to, offset, space, atEnd, nearStart }] = useWindow(box, keys, guess);
  useImperativeHandle(ref, () => ({ toEnd: viewport.toEnd, toRow: viewport.toRow }), [viewport]);
  useLayoutEffect(() => {
    if (nearStart) onNearStart();
  });
  useLayoutEffect(() => onAtEnd(atEnd), [atEnd, onAtEnd]);

  const rows = useMemo(() => {
    const shown: ReactNode[] = [];
    for (let index = from; index < to; index++) {
      const key = keys[index]!;
      shown.push(
        <Row key={key} name={key} observe={viewport.observe}>
          {render(index)}
        </Row>,
      );
    }
    return shown;
  }, [keys, render, viewport, from, to]);

  return (
    // It scrolls, so the keyboard must be able to reach it.
    <div className="list" ref={box} tabIndex={0} role="region" aria-label={label}>
      <div className="list-space" style={{ height: space }}>
        <ol className="list-rows" style={{ transform: `translateY(${offset}px)` }}>
          {rows}
        </ol>
      </div>
    </div>
  );
}
