/** Into how many parts a window is divided. */
export const slots = 60;

/**
 * What was counted in the last so many milliseconds. One slot more than the window has is kept, since a slot goes only
 * when all that was counted in it is older than the window: so never more than the limit is admitted in any window.
 */
export interface RollingWindow {
  /** Milliseconds of one slot. */
  readonly width: number;
  /** Number of the newest slot since the epoch. */
  newest: number;
  /** Newest first. */
  counts: number[];
}

export function openWindow(lifetime: number, now: number): RollingWindow {
  const width = lifetime / slots;
  return { width, newest: Math.floor(now / width), counts: new Array<number>(slots + 1).fill(0) };
}

/** Lets go of the slots that are over. */
export function roll(window: RollingWindow, now: number): void {
  const slot = Math.floor(now / window.width);
  const passed = slot - window.newest;
  if (passed <= 0) return;
  const empty = new Array<number>(Math.min(passed, slots + 1)).fill(0);
  window.counts = [...empty, ...window.counts].slice(0, slots + 1);
  window.newest = slot;
}

export function sumOf({ counts }: RollingWindow): number {
  return counts.reduce((sum, one) => sum + one, 0);
}

/** Gives back from what was counted last. */
export function takeBack(window: RollingWindow, amount: number): void {
  let left = amount;
  for (const [index, count] of window.counts.entries()) {
    const back = Math.min(left, count);
    window.counts[index] = count - back;
    left -= back;
    if (left <= 0) return;
  }
}

/** When the first of what counts no longer does. */
export function oldestEnds({ counts, newest, width }: RollingWindow, now: number): number {
  const age = counts.findLastIndex((count) => count > 0);
  return age === -1 ? now + width * slots : Math.ceil((newest - age + slots + 1) * width);
}
