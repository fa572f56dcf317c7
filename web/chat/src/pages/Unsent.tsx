import { useStore } from "../api/store";
import { useServices } from "../ui/services";

/** Unsent is what somebody has written to a room that is gone: it cannot be sent, but it can be read and copied. */
export function Unsent({ room }: { room: string }) {
  const { kept, outbox } = useServices();
  const drafts = useStore(outbox.drafts).filter((draft) => draft.room === room && (draft.state === "waiting" || draft.state === "refused"));
  useStore(kept.begun);
  const { text, edit } = kept.writing(room);
  const texts = [...drafts.map((draft) => draft.text), text, edit?.text ?? ""].filter((one) => one !== "");
  if (texts.length === 0) return null;

  const discard = () => {
    outbox.drop(new Set(drafts.map(({ id }) => id)));
    kept.write(room, { text: "" });
  };
  return (
    <>
      <p>What you wrote and did not send:</p>
      {texts.map((one, index) => (
        <blockquote key={index} dir="auto">
          {one}
        </blockquote>
      ))}
      <button className="button" type="button" onClick={discard}>
        Discard it
      </button>
    </>
  );
}
