import type { Meter as Instruments } from '@opentelemetry/api';
import type { Meter } from '../message/span.ts';
import { methodOf, routeOf } from './span-attributes.ts';

/** Seconds. OpenTelemetry semantic conventions, HTTP metrics. */
const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** The metrics of the HTTP conventions: their attributes have few values each, whatever clients send. */
export function createMeter(instruments: Instruments): Meter {
  const served = instruments.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of outside requests.',
    advice: { explicitBucketBoundaries: bounds },
  });
  const running = instruments.createUpDownCounter('http.server.active_requests', {
    description: 'Outside requests that are under way.',
  });
  const sent = instruments.createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of requests to targets and of callouts.',
    advice: { explicitBucketBoundaries: bounds },
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
