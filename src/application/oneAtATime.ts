/** Work that never runs beside itself: whoever asks for it again waits, and then has it run anew. */

export const oneAtATime = <Asked extends readonly unknown[], Value>(
  work: (...asked: Asked) => Promise<Value>,
): ((...asked: Asked) => Promise<Value>) => {
  let running: Promise<Value> | null = null;
  return async (...asked) => {
    // How the one before ended is told to who asked for that one.
    while (running) await running.catch(() => undefined);
    running = work(...asked).finally(() => {
      running = null;
    });
    return running;
  };
};
