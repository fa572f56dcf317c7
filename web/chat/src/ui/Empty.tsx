import type { ReactNode } from "react";
import { Mark } from "./Mark";

type Props = { title: string; children?: ReactNode };

/** Empty fills a page that has nothing to show, and says what to do about it. */
export function Empty({ title, children }: Props) {
  return (
    <div className="empty">
      <Mark />
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </div>
  );
}
