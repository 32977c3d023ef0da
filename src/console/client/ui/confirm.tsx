/** A question before what cannot be undone: says what will happen, and asks once more. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { Refusal } from "./parts.tsx";

interface ConfirmProps {
  readonly title: string;
  readonly act: string;
  /** What takes nothing away is not red. */
  readonly harmless?: boolean;
  readonly busy: boolean;
  readonly problem: Problem | null;
  readonly onConfirm: () => void;
  readonly onCancel: () => void;
  /** What will happen, and fields that are needed for it. */
  readonly children: ComponentChildren;
}

export const Confirm = ({
  title,
  act,
  harmless = false,
  busy,
  problem,
  onConfirm,
  onCancel,
  children,
}: ConfirmProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onCancel();
      }}
    >
      <form
        class="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <h2 id={id}>{title}</h2>
        {children}
        {problem === null ? null : <Refusal problem={problem} />}
        <div class="form-end">
          <button type="submit" class={harmless ? "primary" : "danger"} aria-disabled={busy}>
            {busy ? "Working…" : act}
          </button>
          <button type="button" onClick={onCancel}>
            Leave it as it is
          </button>
        </div>
      </form>
    </dialog>
  );
};
