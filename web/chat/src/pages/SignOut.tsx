import { useState, type ReactNode } from "react";
import { signOut } from "../auth/session";
import { Confirm } from "../ui/Confirm";
import { useServices } from "../ui/services";

const most = 3; // texts that are shown

const act = async () => {
  await signOut();
  return undefined;
};

/** useSignOut is signing out, which asks first when something written would go with it. The second is the question. */
export function useSignOut(): [ask: () => void, question: ReactNode] {
  const { kept, outbox } = useServices();
  const [unsent, setUnsent] = useState<readonly string[]>();
  const ask = () => {
    const waiting = outbox.unsent();
    const texts = [...waiting, ...kept.texts()];
    if (texts.length === 0) void signOut();
    else setUnsent(texts);
  };
  const question = unsent && (
    <Confirm title="Sign out with something unsent?" action="Sign out and delete" act={act} onClose={() => setUnsent(undefined)}>
      <p>
        {unsent.length === 1 ? "This was not sent" : `These ${unsent.length} were not sent`}, and signing out deletes{" "}
        {unsent.length === 1 ? "it" : "them"}:
      </p>
      {unsent.slice(0, most).map((text, index) => (
        <blockquote key={index} dir="auto">
          {text}
        </blockquote>
      ))}
      {unsent.length > most && <p>And {unsent.length - most} more.</p>}
    </Confirm>
  );
  return [ask, question];
}
