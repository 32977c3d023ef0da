/** A secret that has just come into being: shown this once, gone when the reader says they have it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Copyable } from "./copyable.tsx";

interface ShownOnceProps {
  readonly label: string;
  readonly secret: string;
  readonly onKept: () => void;
  /** What it is for. */
  readonly children: ComponentChildren;
}

export const ShownOnce = ({ label, secret, onKept, children }: ShownOnceProps) => {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <div class="shown-once" role="status" tabIndex={-1} ref={box}>
      <p class="shown-once-title">This is shown once, and never again.</p>
      <p>{children}</p>
      <Copyable label={label} text={secret} />
      <button type="button" onClick={onKept}>
        I have kept it
      </button>
    </div>
  );
};
