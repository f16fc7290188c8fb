import { sequence } from '../../runtime/flow/sequence.ts';
import type { Exchange } from '../../runtime/message/exchange.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { measureCases } from './measure.ts';

/** Eight synchronous steps run by the loop, against awaiting each of them. */
const exchange = { flowName: '' } as Exchange;
const steps: readonly Step[] = Array.from({ length: 8 }, (_, index) => (one: Exchange) => {
  one.flowName = String(index);
});
const run = sequence(steps);

async function awaited(): Promise<void> {
  for (const step of steps) await step(exchange);
}

measureCases([{ name: 'loop over eight steps', run: () => run(exchange) ?? exchange }]);

const calls = 100_000;
const started = process.hrtime.bigint();
for (let call = 0; call < calls; call++) await awaited();
const nanoseconds = Number(process.hrtime.bigint() - started) / calls;
console.log(`${nanoseconds.toFixed(1).padStart(8)} ns  eight awaited steps`);
