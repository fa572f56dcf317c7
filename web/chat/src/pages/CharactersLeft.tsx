const few = 500;

/** CharactersLeft says how much more may be written, once that is little. */
export function CharactersLeft({ left }: { left: number }) {
  if (left >= few) return null;
  return (
    <span className="count" data-over={left < 0 || undefined} role="status">
      {left}
      <span className="visually-hidden"> characters left</span>
    </span>
  );
}
