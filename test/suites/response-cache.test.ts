import {
  assign,
  flow,
  httpTarget,
  noTarget,
  postFlow,
  preFlow,
  proxy,
  proxyEndpoint,
  route,
  setHeaders,
  sharedFlow,
  step,
  targetEndpoint,
} from '../support/bundle-tree.ts';
import { type Fact, suite } from '../support/suite.ts';

const cache =
  '<ResponseCache name="RC"><CacheKey><KeyFragment ref="request.uri"/></CacheKey>' +
  '<ExpirySettings><TimeoutInSeconds>300</TimeoutInSeconds></ExpirySettings></ResponseCache>';

/** Adds a header with what the request says, so that it is seen in which of two requests a step ran. */
const mark = (name: string) => assign(name, setHeaders({ [`x-${name}`]: '{request.header.run}' }));
const places = ['early', 'middle', 'late', 'target-early', 'target-late'] as const;
type Place = (typeof places)[number];
const documents = [...places.map(mark), cache];

/** A miss, and a hit: which steps ran in it. What it did not run came with the entry. */
function twice(name: string, path: string, steps: readonly Place[], ranOnHit: readonly Place[]): Fact[] {
  const ran = (run: string, again: readonly Place[]) =>
    Object.fromEntries(
      places.map((one) => [`x-${one}`, again.includes(one) ? run : steps.includes(one) ? '1' : undefined]),
    );
  const ask = (run: string) => ({ path, headers: { run } });
  return [
    { name: `${name}: miss`, ask: ask('1'), headers: ran('1', []), seen: [{}] },
    { name: `${name}: hit`, ask: ask('2'), headers: ran('2', ranOnHit), seen: [] },
  ];
}

const flows = `<Flows>${flow('all', undefined, '', step('middle'))}</Flows>`;
const rest = preFlow('', step('early')) + flows;

suite('response cache', {
  files: (upstream) => {
    const target = (request: string, response: string) =>
      targetEndpoint(
        preFlow(request, step('target-early') + response + step('target-late')) + httpTarget(upstream?.url ?? ''),
      );
    return {
      ...proxy(
        'post',
        proxyEndpoint(
          '/post',
          preFlow(step('RC'), step('early')) + flows + postFlow('', step('RC') + step('late')) + route(),
        ),
        target('', ''),
        ...documents,
      ),
      ...proxy(
        'conditional',
        proxyEndpoint(
          '/conditional',
          preFlow(step('RC'), step('early')) +
            `<Flows>${flow('one', 'proxy.pathsuffix MatchesPath "/one"', '', step('middle') + step('RC'))}</Flows>` +
            postFlow('', step('late')) +
            route(),
        ),
        target('', ''),
        ...documents,
      ),
      ...proxy(
        'gone',
        proxyEndpoint(
          '/gone',
          preFlow(step('RC'), step('early')) +
            `<Flows>${flow('one', 'request.header.run = "1"', '', step('middle') + step('RC'))}</Flows>` +
            postFlow('', step('late')) +
            route(),
        ),
        target('', ''),
        ...documents,
      ),
      ...proxy(
        'target',
        proxyEndpoint('/target', preFlow(step('RC'), step('early')) + postFlow('', step('late')) + route()),
        target('', step('RC')),
        ...documents,
      ),
      ...proxy(
        'within',
        proxyEndpoint('/within', rest + postFlow('', step('late')) + route()),
        target(step('RC'), step('RC')),
        ...documents,
      ),
      ...proxy(
        'two',
        proxyEndpoint(
          '/two',
          preFlow(step('RC'), step('early')) +
            postFlow('', step('late')) +
            route('bare', 'request.queryparam.to = "bare"') +
            route(),
        ),
        target('', step('RC')),
        targetEndpoint(httpTarget(upstream?.url ?? ''), 'bare'),
        ...documents,
      ),
      ...proxy(
        'shared',
        proxyEndpoint(
          '/shared',
          preFlow(step('FC'), step('early') + step('FC')) + postFlow('', step('late')) + route(),
        ),
        target('', ''),
        '<FlowCallout name="FC"><SharedFlowBundle>caching</SharedFlowBundle></FlowCallout>',
        ...documents,
      ),
      ...sharedFlow('caching', step('RC'), cache),
      ...proxy(
        'none',
        proxyEndpoint('/none', preFlow(step('RC'), step('early') + step('RC') + step('late')) + noTarget),
        ...documents,
      ),
    };
  },
  facts: [
    ...twice('behind the PostFlow', '/post/a', places, ['late']),
    ...twice('in a conditional flow', '/conditional/one', places, ['late']),
    ...twice(
      'in the response of the target',
      '/target/a',
      places.filter((one) => one !== 'middle'),
      ['target-late', 'early', 'late'],
    ),
    ...twice('within the target', '/within/a', places, ['target-late', 'early', 'middle', 'late']),
    ...twice(
      'in a shared flow',
      '/shared/a',
      places.filter((one) => one !== 'middle'),
      ['early', 'late'],
    ),
    { name: 'the response of a target without the policy is not kept', ask: 'GET /two/a?to=bare', seen: [{}] },
    { name: 'so that it is asked again', ask: 'GET /two/a?to=bare', seen: [{}] },
    { name: 'an answer without a target is kept too', ask: { path: '/none', headers: { run: '1' } }, seen: [] },
    {
      name: 'and found',
      ask: { path: '/none', headers: { run: '2' } },
      headers: { 'x-early': '1', 'x-late': '2' },
      seen: [],
    },
  ],
});
