import { useState } from "react";
import { useAnnounce } from "../ui/Announcer";

/** Fence is a block of code, as it was typed. It scrolls by itself, so the keyboard must be able to reach it. */
export function Fence({ language, text }: { language: string; text: string }) {
  const announce = useAnnounce();
  const [copied, setCopied] = useState<string>();
  // There is none over plain http.
  const clipboard = (navigator as { clipboard?: Clipboard }).clipboard;
  const copy = async () => {
    try {
      await clipboard?.writeText(text);
      setCopied(text);
      announce("Copied");
    } catch {
      announce("It could not be copied");
    }
  };
  return (
    <div className="fence">
      {(language || clipboard) && (
        <p className="fence-head">
          <bdi>{language}</bdi>
          {clipboard && (
            <button className="text-button" type="button" onClick={() => void copy()}>
              {copied === text ? "Copied" : "Copy"}
            </button>
          )}
        </p>
      )}
      <pre tabIndex={0} role="group" aria-label={language ? `Code: ${language}` : "Code"} dir="auto">
        <code>{text}</code>
      </pre>
    </div>
  );
}
