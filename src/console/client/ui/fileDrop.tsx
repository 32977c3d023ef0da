/** Takes a file: dropped on it, or chosen by hand, which the keyboard can do too. */
import { useId, useState } from "preact/hooks";
import { bytes } from "../format.ts";

interface FileDropProps {
  readonly file: File | null;
  readonly onFile: (file: File) => void;
  readonly fault: string | null;
}

export const FileDrop = ({ file, onFile, fault }: FileDropProps) => {
  const id = useId();
  const [over, setOver] = useState(false);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the field within it is for those who drop nothing.
    <div
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const dropped = event.dataTransfer?.files[0];
        if (dropped !== undefined) onFile(dropped);
      }}
    >
      <label for={id}>File</label>
      <input
        id={id}
        type="file"
        accept=".csv,.jsonl,.ndjson,.gz,.parquet"
        aria-describedby={`${id}-hint`}
        aria-invalid={fault !== null}
        onChange={(event) => {
          const chosen = event.currentTarget.files?.[0];
          if (chosen !== undefined) onFile(chosen);
        }}
      />
      <p class="hint" id={`${id}-hint`}>
        {file === null
          ? "Drop it here, or choose it. CSV, JSON lines (each also with .gz) or Parquet."
          : `${file.name}, ${bytes(file.size)}. Its name stays here: Lethe names it after the batch.`}
      </p>
      {fault === null ? null : (
        <p class="error" role="alert">
          {fault}
        </p>
      )}
    </div>
  );
};
