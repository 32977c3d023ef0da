/**
 * Which of several forms an answer takes: the one that the query names, else the one that `Accept`
 * prefers (RFC 9110, section 12.5.1), else the first. Where nothing that is there is accepted the
 * first is sent all the same, as the RFC allows: whoever asks in a terminal still sees something.
 */

/** Forms by name, in the order in which the server prefers them. */
export type Forms<Name extends string> = Readonly<Record<Name, { readonly media_type: string }>>;

/** So much of the header is looked at. */
const MAX_RANGES = 20;

export const negotiate = <Name extends string>(
  forms: Forms<Name>,
  named: Name | undefined,
  accept: string | undefined,
): Name => {
  const names = Object.keys(forms) as Name[];
  const [first] = names;
  if (named !== undefined) return named;
  if (first === undefined) throw new Error("an answer has a form");
  const ranges = (accept ?? "").split(",").slice(0, MAX_RANGES).flatMap(rangeOf);
  let best: Name = first;
  let most = 0;
  for (const name of names) {
    const quality = qualityOf(ranges, forms[name].media_type);
    if (quality > most) [best, most] = [name, quality];
  }
  return best;
};

interface Range {
  readonly type: string;
  readonly quality: number;
}

const RANGE = /^\s*([\w!#$&^.+*-]+\/[\w!#$&^.+*-]+)\s*(?:;(.*))?$/;

const rangeOf = (text: string): readonly Range[] => {
  const match = RANGE.exec(text);
  if (match === null) return [];
  const [, type = "", parameters = ""] = match;
  const weight = /(?:^|;)\s*q\s*=\s*(\d(?:\.\d{0,3})?)\s*(?:;|$)/i.exec(parameters);
  return [{ type: type.toLowerCase(), quality: weight === null ? 1 : Number(weight[1]) }];
};

/** That of the most specific range that fits. */
const qualityOf = (ranges: readonly Range[], media_type: string): number => {
  const type = media_type.split(";")[0] ?? "";
  const fitting = [type, `${type.split("/")[0]}/*`, "*/*"];
  for (const each of fitting) {
    const range = ranges.find((one) => one.type === each);
    if (range !== undefined) return range.quality;
  }
  return 0;
};
