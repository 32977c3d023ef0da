/** What has been done, said once and aloud; it stays until it is put away or others push it out. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";

export interface Toast {
  readonly id: number;
  readonly text: string;
}

/** More than these at once nobody reads. */
const MOST = 3;

export const withToast = (toasts: readonly Toast[], text: string): readonly Toast[] => {
  const id = (toasts.at(-1)?.id ?? 0) + 1;
  return [...toasts, { id, text }].slice(-MOST);
};

export const SayContext = createContext<(text: string) => void>(() => {});

/** Tells the reader that something has been done. */
export const useSay = (): ((text: string) => void) => useContext(SayContext);

export const Toasts = ({
  toasts,
  onClose,
}: {
  readonly toasts: readonly Toast[];
  readonly onClose: (id: number) => void;
}) => (
  <div class="toasts" role="status" aria-live="polite">
    {toasts.map(({ id, text }) => (
      <div class="toast" key={id}>
        <p>{text}</p>
        <button type="button" onClick={() => onClose(id)} aria-label="Put away">
          ×
        </button>
      </div>
    ))}
  </div>
);
