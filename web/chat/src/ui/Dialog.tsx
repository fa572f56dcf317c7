import { useId, useLayoutEffect, useRef, type ReactNode } from "react";
import { comeBack, placeOf } from "./focus";

type Props = { title: string; onClose(): void; children: ReactNode };

/** Dialog asks one thing in front of all else. Escape closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // A layout effect ends while the dialog is still on the page: it can only be closed there.
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement instanceof HTMLElement ? placeOf(document.activeElement) : undefined;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before) comeBack(before);
    };
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={heading} onCancel={onClose} onClose={onClose}>
      <h2 id={heading}>{title}</h2>
      {children}
    </dialog>
  );
}
