import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Failure } from "../api/failure";
import { describe } from "../api/messages";
import { Dialog } from "./Dialog";
import { Problem } from "./Problem";

type Props = {
  title: string;
  children: ReactNode;
  action: string;
  /** Returns why it could not be done. */
  act(): Promise<Failure | undefined>;
  onClose(): void;
};

/** Confirm asks before something goes that cannot be brought back. */
export function Confirm({ title, children, action, act, onClose }: Props) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Failure>();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []); // the dialog has given the focus to what comes first
  const go = async () => {
    if (busy) return;
    setBusy(true);
    const why = await act();
    setBusy(false);
    if (why) setFailure(why);
    else onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {failure && <Problem>{describe(failure)}</Problem>}
      <div className="choices">
        <button className="button" type="button" onClick={onClose}>
          Cancel
        </button>
        <button ref={button} className="button danger" type="button" aria-disabled={busy} onClick={() => void go()}>
          {action}
        </button>
      </div>
    </Dialog>
  );
}
