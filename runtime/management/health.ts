import { ok } from './answer.ts';
import type { Route } from './route.ts';

/** Whether it runs, and how it goes. */
export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/emulator/healthz',
    summary: 'Whether traffic is served; 503 while the server stops',
    answers: { 200: 'Health', 503: 'Health' },
    run: (_, { ready }) => (ready() ? ok({ status: 'ok' }) : { status: 503, json: { status: 'stopping' } }),
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
