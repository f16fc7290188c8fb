import type { Exchange } from '../message/exchange.ts';
import type { Meter, NetworkRequest } from '../message/span.ts';

/** Seconds. OpenTelemetry semantic conventions, HTTP metrics. */
export const durationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** How many durations were at most each bound, and all together. */
export class Durations {
  /** One more than there are bounds: the last are the longer ones. Not added up. */
  readonly counts = new Float64Array(durationBounds.length + 1);
  /** Seconds. */
  sum = 0;

  add(seconds: number): void {
    let index = 0;
    while (index < durationBounds.length && seconds > (durationBounds[index] ?? 0)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }
}

/** Durations of one kind, by two names that bundles give and a class of status: as many as there are endpoints and targets. */
type ByNames = Map<string, Map<string, (Durations | undefined)[]>>;

/** What is known of one series. */
export interface DurationSeries {
  readonly proxy: string;
  /** Endpoint of a request, target or policy of an outgoing one. */
  readonly part: string;
  /** `2xx` and so on; `none`: there was no response. */
  readonly statusClass: string;
  readonly durations: Durations;
}

/**
 * Durations in arrays of numbers: two look-ups and two additions a request, no object for its labels. Kept for
 * `/metrics`; what OpenTelemetry exports is measured apart.
 */
export class DurationMeter implements Meter {
  readonly #served: ByNames = new Map();
  readonly #sent: ByNames = new Map();
  #active = 0;

  get active(): number {
    return this.#active;
  }

  arrived(): void {
    this.#active++;
  }

  served({ endpoint }: Exchange, status: number, milliseconds: number): void {
    this.#active--;
    durationsOf(this.#served, endpoint.proxy, endpoint.name, status).add(milliseconds / 1000);
  }

  sent({ exchange, target, policy }: NetworkRequest, status: number, milliseconds: number): void {
    durationsOf(this.#sent, exchange.endpoint.proxy, target ?? policy ?? '', status).add(milliseconds / 1000);
  }

  allServed(): DurationSeries[] {
    return seriesIn(this.#served);
  }

  allSent(): DurationSeries[] {
    return seriesIn(this.#sent);
  }
}

/** Tells several. */
export function meters(all: readonly Meter[]): Meter {
  return {
    arrived: () => {
      for (const one of all) one.arrived();
    },
    served: (exchange, status, milliseconds) => {
      for (const one of all) one.served(exchange, status, milliseconds);
    },
    sent: (request, status, milliseconds) => {
      for (const one of all) one.sent(request, status, milliseconds);
    },
  };
}

function durationsOf(all: ByNames, proxy: string, part: string, status: number): Durations {
  let parts = all.get(proxy);
  if (parts === undefined) {
    parts = new Map();
    all.set(proxy, parts);
  }
  let classes = parts.get(part);
  if (classes === undefined) {
    classes = [];
    parts.set(part, classes);
  }
  const index = Math.floor(status / 100);
  let durations = classes[index];
  if (durations === undefined) {
    durations = new Durations();
    classes[index] = durations;
  }
  return durations;
}

function seriesIn(all: ByNames): DurationSeries[] {
  const list: DurationSeries[] = [];
  for (const [proxy, parts] of all) {
    for (const [part, classes] of parts) {
      for (const [index, durations] of classes.entries()) {
        if (durations !== undefined)
          list.push({ proxy, part, statusClass: index === 0 ? 'none' : `${index}xx`, durations });
      }
    }
  }
  return list;
}
