/** A text that is to be used elsewhere: shown whole, and copied with one press. */
import { useRef } from "preact/hooks";
import { useSay } from "./toasts.tsx";

interface CopyableProps {
  readonly label: string;
  readonly text: string;
}

/** A browser that lets no page copy has the text selected instead. */
export const Copyable = ({ label, text }: CopyableProps) => {
  const box = useRef<HTMLPreElement>(null);
  const say = useSay();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(`Copied: ${label}.`);
    } catch {
      if (box.current !== null) getSelection()?.selectAllChildren(box.current);
      say("It is selected: your browser lets you copy it by hand alone.");
    }
  };
  return (
    <div class="copyable">
      <div class="copyable-head">
        <span>{label}</span>
        <button type="button" class="quiet" aria-label={`Copy: ${label}`} onClick={copy}>
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre ref={box} tabIndex={0}>
        {text}
      </pre>
    </div>
  );
};
