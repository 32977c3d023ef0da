/** How files that were handed out are read where analysts work. */
import { duckdbLine, type Format, pandasLine } from "../handOut.ts";
import { Copyable } from "./copyable.tsx";

interface ReadingLinesProps {
  readonly urls: readonly string[];
  readonly format: Format;
}

export const ReadingLines = ({ urls, format }: ReadingLinesProps) =>
  urls.length === 0 ? null : (
    <>
      <p class="note">
        Whoever has these lines has the data until the links expire: pass them on to nobody.
      </p>
      <Copyable label="In DuckDB" text={duckdbLine(urls, format)} />
      <Copyable label="In Python, with pandas" text={pandasLine(urls, format)} />
    </>
  );
