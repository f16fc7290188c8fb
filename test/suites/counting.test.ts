import assert from 'node:assert/strict';
import {
  localTarget,
  noTarget,
  preFlow,
  proxy,
  proxyEndpoint,
  raiseFault,
  route,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { call, type Gateway } from '../support/gateway.ts';
import { suite } from '../support/suite.ts';

/** `proxy endpoint status_class caller` to calls, as `/metrics` shows them. */
async function counts(gateway: Gateway): Promise<Record<string, number>> {
  const { text } = await call(gateway.managementPort, { path: '/metrics' });
  const found: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const match = /^zerohop_proxy_requests_total\{([^}]*)\} (\d+)$/.exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries(
      [...(match[1] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]),
    );
    assert.deepEqual(Object.keys(labels).sort(), ['caller', 'endpoint', 'environment', 'proxy', 'status_class']);
    assert.equal(labels.environment, 'local');
    found[`${labels.proxy} ${labels.endpoint} ${labels.status_class} ${labels.caller}`] = Number(match[2]);
  }
  return found;
}

suite('the counting of calls', {
  files: () => ({
    ...proxy('first', proxyEndpoint('/first', route()), targetEndpoint(localTarget('second'))),
    ...proxy('second', proxyEndpoint('/second', route()), targetEndpoint(localTarget('third'))),
    ...proxy(
      'third',
      proxyEndpoint('/third', preFlow(step('raise', 'request.queryparam.fail = "yes"')) + noTarget),
      raiseFault('raise', 409, 'no'),
    ),
    ...proxy(
      'caller',
      proxyEndpoint('/caller', preFlow(step('call')) + noTarget),
      '<ServiceCallout name="call"><Response>r</Response><LocalTargetConnection><APIProxy>third</APIProxy></LocalTargetConnection></ServiceCallout>',
    ),
    ...proxy('self', proxyEndpoint('/self', route()), targetEndpoint(localTarget('self'))),
  }),
  facts: [],
  also: {
    'each proxy of a chain counts one, by who called it': async (gateway) => {
      for (const path of ['/first', '/first', '/second', '/third', '/caller']) await call(gateway.port, { path });
      assert.deepEqual(await counts(gateway), {
        'first default 2xx external': 2,
        'second default 2xx external': 1,
        'second default 2xx local': 2,
        'third default 2xx external': 1,
        'third default 2xx local': 4,
        'caller default 2xx external': 1,
      });
    },
    'faults count too, in every proxy they pass': async (gateway) => {
      await call(gateway.port, { path: '/first?fail=yes' });
      const now = await counts(gateway);
      assert.equal(now['first default 4xx external'], 1);
      assert.equal(now['second default 4xx local'], 1);
      assert.equal(now['third default 4xx local'], 1);
    },
    'a call that is refused is no call of the proxy it did not reach': async (gateway) => {
      await call(gateway.port, { path: '/self' });
      const now = await counts(gateway);
      assert.equal(now['self default 5xx external'], 1);
      assert.equal(now['self default 5xx local'], undefined);
    },
    'what no proxy takes counts for none': async (gateway) => {
      const before = await counts(gateway);
      await call(gateway.port, { path: '/nobody' });
      assert.deepEqual(await counts(gateway), before);
    },
    'concurrent calls are counted exactly': async (gateway) => {
      await Promise.all(Array.from({ length: 100 }, () => call(gateway.port, { path: '/first' })));
      const now = await counts(gateway);
      assert.equal(now['first default 2xx external'], 102);
      assert.equal(now['third default 2xx local'], 104);
    },
  },
});
