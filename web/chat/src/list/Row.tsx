import { memo, useCallback, type ReactNode } from "react";

type Props = { name: string; observe(key: string, row: HTMLElement): () => void; children: ReactNode };

/** Row is one row of a list, whose height is watched. */
export const Row = memo(function Row({ name, observe, children }: Props) {
  const ref = useCallback((row: HTMLLIElement) => observe(name, row), [name, observe]);
  return <li ref={ref}>{children}</li>;
});
