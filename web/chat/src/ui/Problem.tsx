import type { ReactNode } from "react";

/** Problem says what went wrong, at once and to screen readers too. Without children it says nothing. */
export function Problem({ children }: { children: ReactNode }) {
  return (
    <p className="problem" role="alert">
      {children}
    </p>
  );
}
