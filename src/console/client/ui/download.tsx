/** A button behind which is a file of Lethe's; asked for with the reader's token, as all else is. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { useScope } from "../context.ts";
import { fetchFile } from "../download.ts";
import { quietly } from "../hooks.ts";
import { Refusal } from "./parts.tsx";

/** Gives the reader a file; what it holds was fetched before. */
const keep = (filename: string, content: Blob): void => {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  // The browser has taken it over by the next turn.
  setTimeout(() => URL.revokeObjectURL(url));
};

interface DownloadProps {
  /** Below the lake of the page, or across lakes. */
  readonly path: string;
  readonly filename: string;
  readonly children: ComponentChildren;
}

export const Download = ({ path, filename, children }: DownloadProps) => {
  const { api } = useScope();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);
  const { signal } = leaving.current;
  const get = async () => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    const file = await fetchFile(api, path, signal);
    if (file.ok) keep(filename, file.content);
    else setProblem(file.problem);
    setBusy(false);
  };
  return (
    <>
      <button type="button" aria-disabled={busy} onClick={() => quietly(get(), signal)}>
        {busy ? "Fetching…" : children}
      </button>
      {problem === null ? null : <Refusal problem={problem} />}
    </>
  );
};
