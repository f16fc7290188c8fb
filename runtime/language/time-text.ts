/** A moment as `...time` variables show it (`Wed, 21 Aug 2013 19:16:47 UTC`); empty for 0, which stands for "not yet". */
export function timeText(milliseconds: number): string {
  return milliseconds === 0 ? '' : new Date(milliseconds).toUTCString().replace('GMT', 'UTC');
}
