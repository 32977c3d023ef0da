/** Time as the platform gives it. */

export const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Calls `beat` every so many milliseconds until the function it returns is called. */
export const every = (milliseconds: number, beat: () => void): (() => void) => {
  const timer = setInterval(beat, milliseconds);
  return () => clearInterval(timer);
};
