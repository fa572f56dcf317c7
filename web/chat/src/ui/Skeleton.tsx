/** Skeleton stands for lines that are on their way. */
export function Skeleton({ lines, label }: { lines: number; label: string }) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: lines }, (_, line) => (
        <div key={line} className="skeleton-line" aria-hidden="true" />
      ))}
    </div>
  );
}
