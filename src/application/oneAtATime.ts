/** Work that never runs beside itself: whoever asks for it again waits, and then has it run anew. */

export const oneAtATime = <Value>(work: () => Promise<Value>): (() => Promise<Value>) => {
  let running: Promise<Value> | null = null;
  return async () => {
    while (running) await running;
    running = work().finally(() => {
      running = null;
    });
    return running;
  };
};
