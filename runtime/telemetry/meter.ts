import type { Meter as Instruments } from '@opentelemetry/api';
import type { Meter } from '../message/span.ts';
import { durationBounds } from './durations.ts';
import { methodOf, routeOf } from './span-attributes.ts';

/** The metrics of the HTTP conventions: their attributes have few values each, whatever clients send. */
export function createMeter(instruments: Instruments): Meter {
  const served = instruments.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of outside requests.',
    advice: { explicitBucketBoundaries: [...durationBounds] },
  });
  const running = instruments.createUpDownCounter('http.server.active_requests', {
    description: 'Outside requests that are under way.',
  });
  const sent = instruments.createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of requests to targets and of callouts.',
    advice: { explicitBucketBoundaries: [...durationBounds] },
  });
  return {
    arrived: () => running.add(1),
    served: (exchange, status, milliseconds) => {
      running.add(-1);
      served.record(milliseconds / 1000, {
        'http.request.method': methodOf(exchange.arrivedVerb),
        'http.route': routeOf(exchange),
        'http.response.status_code': status,
        'url.scheme': exchange.client.scheme,
        'apigee.proxy': exchange.endpoint.proxy,
        'apigee.fault': exchange.fault?.code,
      });
    },
    sent: ({ method, host, port, scheme, target, policy, exchange }, status, milliseconds) => {
      sent.record(milliseconds / 1000, {
        'http.request.method': methodOf(method),
        'http.response.status_code': status === 0 ? undefined : status,
        'server.address': host,
        'server.port': port,
        'url.scheme': scheme,
        'apigee.proxy': exchange.endpoint.proxy,
        'apigee.target': target,
        'apigee.policy': policy,
      });
    },
  };
}
