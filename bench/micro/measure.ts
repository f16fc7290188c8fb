export interface Case {
  readonly name: string;
  readonly run: () => unknown;
}

const rounds = 1_000_000;
const repetitions = 7;

/**
 * Prints how many nanoseconds each case takes. Every case in turn, again and again, so that none has the compiled code
 * of the loop to itself; the fastest turn of each counts, since what disturbs a measurement only makes it longer.
 */
export function measureCases(cases: readonly Case[]): void {
  const nothing: Case = { name: 'nothing', run: () => 0 };
  const best = new Map<Case, number>();
  for (let count = 0; count < repetitions; count++) {
    for (const one of [nothing, ...cases]) {
      best.set(one, Math.min(best.get(one) ?? Number.POSITIVE_INFINITY, nanoseconds(one.run)));
    }
  }
  const overhead = best.get(nothing) ?? 0;
  for (const one of cases) {
    console.log(`${((best.get(one) ?? 0) - overhead).toFixed(1).padStart(8)} ns  ${one.name}`);
  }
}

function nanoseconds(run: () => unknown): number {
  const started = process.hrtime.bigint();
  // Whatever comes out is used, so that nothing is optimised away.
  let useful = 0;
  for (let round = 0; round < rounds; round++) if (run() !== undefined) useful++;
  const taken = Number(process.hrtime.bigint() - started) / rounds;
  return useful < 0 ? Number.NaN : taken;
}
