import { BodyNeed } from '../message/body-need.ts';
import type { Exchange, Outcome } from '../message/exchange.ts';
import type { Step } from '../policies/policy.ts';

/** Brings payloads into memory just before the first step that needs them runs; until then they stream. */
export function withPayloads(step: Step, need: BodyNeed): Step {
  if (need === BodyNeed.none) return step;
  return (exchange) => {
    const arriving = gather(exchange, need);
    return arriving === undefined ? step(exchange) : arriving.then(() => step(exchange));
  };
}

/** Waits for the payloads named by `need`; done at once when all are in memory. @throws Fault protocol.http.TooBigBody */
export function gather(exchange: Exchange, need: BodyNeed): Outcome {
  let arriving: Promise<void> | undefined;
  const message = exchange.message;
  const wanted = [
    need & BodyNeed.request ? exchange.request : undefined,
    need & BodyNeed.response ? exchange.response : undefined,
    need & BodyNeed.error ? exchange.error : undefined,
    need & BodyNeed.current ? message : undefined,
  ];
  for (const one of wanted) {
    const buffering = one?.body.buffer();
    if (buffering === undefined) continue;
    arriving = arriving === undefined ? buffering : Promise.all([arriving, buffering]).then(() => undefined);
  }
  return arriving;
}
