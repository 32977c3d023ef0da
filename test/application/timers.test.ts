import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { atMost } from "../../src/application/timers.ts";

describe("waiting for something, but not for ever", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("ends with it, and leaves no timer that would keep the lake awake", async () => {
    await atMost(5_000, Promise.resolve());
    expect(vi.getTimerCount()).toBe(0);
    await expect(atMost(5_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends without it when that takes longer", async () => {
    let ended = false;
    const waiting = atMost(5_000, new Promise(() => {})).then(() => {
      ended = true;
    });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await waiting;
    expect(ended).toBe(true);
  });
});
