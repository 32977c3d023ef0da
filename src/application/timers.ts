/** Waiting for time to pass, and moments that lie ahead. */

/** Later than anything that is due. */
export const EVER = "9999-12-31T23:59:59.999Z";

/** The moment so many milliseconds after another, both RFC 3339 in UTC. */
export const later = (moment: string, milliseconds: number): string =>
  new Date(Date.parse(moment) + milliseconds).toISOString();

/** Of a URL, from the second `now` falls into: AWS Signature V4 counts whole seconds. */
export const lifetimeOf = (now: string, expires_in: number) => {
  const start = Math.floor(Date.parse(now) / 1000) * 1000;
  return {
    signed_at: new Date(start).toISOString(),
    expires_at: new Date(start + expires_in * 1000).toISOString(),
  };
};

export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls `beat` every so many milliseconds until the function it returns is called. */
export const every = (milliseconds: number, beat: () => void): (() => void) => {
  const timer = setInterval(beat, milliseconds);
  return () => clearInterval(timer);
};

/** What `work` comes to or, when that takes longer, what `late` does. Leaves no timer behind. */
const orLate = async <Value>(
  milliseconds: number,
  work: Promise<Value>,
  late: () => Value | Promise<Value>,
): Promise<Value> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    return await Promise.race([work, patience.then(late)]);
  } finally {
    clearTimeout(timer);
  }
};

/** What `work` resolves to; rejects when that takes longer, and stops waiting for it. */
export const within = <Value>(milliseconds: number, work: Promise<Value>): Promise<Value> =>
  orLate(milliseconds, work, () => {
    throw new Error(`no answer within ${milliseconds / 1000} s`);
  });

/** Waits for `work`, but no longer than that; rejects as it does. */
export const atMost = async (milliseconds: number, work: Promise<unknown>): Promise<void> => {
  await orLate<unknown>(milliseconds, work, () => undefined);
};
