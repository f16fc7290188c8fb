import { ok } from './answer.ts';
import type { Route } from './route.ts';

/** Whether it runs, and how it goes. */
export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/emulator/healthz',
    summary: 'Whether traffic is served; 503 while the server stops or its store is out of reach',
    answers: { 200: 'Health', 503: 'Health' },
    run: (_, { ready, store }) => {
      if (!ready()) return { status: 503, json: { status: 'stopping' } };
      return store.shared?.isAvailable() === false
        ? { status: 503, json: { status: 'storeUnavailable' } }
        : ok({ status: 'ok' });
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    summary: 'Prometheus text',
    answers: { 200: 'text' },
    run: async (_, { metrics }) => {
      const { contentType, text } = await metrics.text();
      return { status: 200, bytes: Buffer.from(text), contentType };
    },
  },
];
