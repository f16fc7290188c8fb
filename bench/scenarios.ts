import { answerBody, answerText } from './answer.ts';
import type { LoadOrder } from './load.ts';

/** What a server has to do in a scenario. */
export type Workload =
  | { readonly kind: 'static' }
  | { readonly kind: 'pass-through' }
  /** Pass-through of payloads too large for one chunk. */
  | { readonly kind: 'bodies' }
  /** `depth` proxies call one another, each adds one response header; the last answers by itself or calls the backend. */
  | { readonly kind: 'chain'; readonly depth: number; readonly end: 'static' | 'backend' }
  /** Conditions, extracted variables, headers checked, set and removed, faults that are not raised. */
  | { readonly kind: 'realistic' };

/** Load on a server that is measured in CPU time per request. */
export interface Scenario {
  readonly name: string;
  readonly workload: Workload;
  readonly order: Omit<LoadOrder, 'port' | 'pids' | 'warmup' | 'mostSeconds'>;
  /** Requests after the start of a process, before its first round; fewer when they take too long. */
  readonly warmup: number;
}

interface Shape {
  readonly connections?: number;
  readonly requests?: number;
  readonly warmup?: number;
  readonly path?: string;
  readonly fields?: readonly string[];
  readonly uploadBytes?: number;
  readonly downloadBytes?: number;
  readonly expectedFields?: readonly string[];
}

/** Proxies of a chain are at `/hop-1/` (the end) to `/hop-N/`; all else is at `/bench/`. */
function scenario(name: string, workload: Workload, shape: Shape = {}): Scenario {
  const { connections = 32, requests = 4000, uploadBytes = 0, downloadBytes = 0 } = shape;
  const fields = ['Host: bench.example.com', 'User-Agent: bench', 'Accept: application/json', ...(shape.fields ?? [])];
  if (uploadBytes > 0) fields.push('Content-Type: application/octet-stream', `Content-Length: ${uploadBytes}`);
  const line = `${uploadBytes > 0 ? 'POST' : 'GET'} ${shape.path ?? '/bench/products/42'} HTTP/1.1`;
  return {
    name,
    workload,
    warmup: shape.warmup ?? 10_000,
    order: {
      connections,
      requests,
      head: `${[line, ...fields].join('\r\n')}\r\n\r\n`,
      bodyBytes: uploadBytes,
      expected: {
        status: 200,
        fields: shape.expectedFields ?? [],
        text: downloadBytes > 0 ? undefined : answerText,
        bodyLength: downloadBytes > 0 ? downloadBytes : answerBody.length,
      },
    },
  };
}

export const chainDepths = [1, 2, 3, 5, 10] as const;

function chain(end: 'static' | 'backend', depth: number): Scenario {
  return scenario(
    `chain-${end}-${depth}`,
    { kind: 'chain', depth, end },
    {
      path: `/hop-${depth}/products/42`,
      requests: 2000,
      expectedFields: depth === 1 ? ['x-hop-1: hop-1'] : ['x-hop-1: hop-1', `x-hop-${depth}: hop-${depth}`],
    },
  );
}

const passThrough: Workload = { kind: 'pass-through' };
const bodies: Workload = { kind: 'bodies' };
const kilobyte = 1024;
const megabyte = 1024 * kilobyte;

export const staticAnswer: Scenario = scenario('static', { kind: 'static' });

export const scenarios: readonly Scenario[] = [
  staticAnswer,
  scenario('pass-through', passThrough),
  scenario(
    'realistic',
    { kind: 'realistic' },
    {
      path: '/bench/products/42?fields=name,price',
      fields: ['X-Api-Key: 7f1c', 'X-Correlation-Id: order-1', 'Cookie: theme=dark'],
      expectedFields: ['x-product: 42'],
    },
  ),
  ...chainDepths.map((depth) => chain('static', depth)),
  ...chainDepths.map((depth) => chain('backend', depth)),
  scenario('up-10k', bodies, { uploadBytes: 10 * kilobyte, requests: 3000 }),
  scenario('up-1m', bodies, { uploadBytes: megabyte, requests: 150, warmup: 150, connections: 8 }),
  scenario('down-10k', bodies, {
    path: '/bench/size-10240',
    downloadBytes: 10 * kilobyte,
    requests: 3000,
  }),
  scenario('down-1m', bodies, {
    path: '/bench/size-1048576',
    downloadBytes: megabyte,
    requests: 150,
    warmup: 150,
    connections: 8,
  }),
  scenario('connections-1', passThrough, { connections: 1, requests: 3000 }),
  scenario('connections-512', passThrough, { connections: 512, requests: 6000 }),
];

/** The short run: scenarios by name, and whom each compares. */
export const quick: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(chainDepths.map((depth) => [`chain-static-${depth}`, ['zerohop', 'zerohop-loopback']])),
  'pass-through': ['zerohop', 'node-undici'],
};
