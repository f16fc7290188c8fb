import { assign, noTarget, preFlow, proxy, proxyEndpoint, setPayload, step } from '../support/bundle-tree.ts';
import { suite } from '../support/suite.ts';

const key = (name: string) => `<Key><Parameter>${name}</Parameter></Key>`;
const operations = (name: string, inner: string, attributes = 'mapIdentifier="m"') =>
  `<KeyValueMapOperations name="${name}" ${attributes}>${inner}</KeyValueMapOperations>`;
const get = (name: string) => `<Get assignTo="kvm.${name}">${key(name)}</Get>`;
const entry = (name: string, value: string) =>
  `<InitialEntries><Entry>${key(name)}<Value>${value}</Value></Entry></InitialEntries>`;
const tell = (text: string) => assign('tell', setPayload(text));

suite('key value maps', {
  files: () => ({
    ...proxy(
      'reader',
      proxyEndpoint('/reader', preFlow(step('read') + step('tell')) + noTarget),
      operations('read', get('good') + get('refused')),
      tell('{kvm.good} {kvm.refused}'),
    ),
    ...proxy(
      'good',
      proxyEndpoint('/good', preFlow(step('seed')) + noTarget),
      operations('seed', entry('good', 'yes') + get('good')),
    ),
    ...proxy(
      'refused',
      proxyEndpoint('/refused', preFlow(step('seed') + step('there is none')) + noTarget),
      operations('seed', entry('refused', 'yes') + get('refused')),
    ),
    ...proxy(
      'own',
      proxyEndpoint('/own', preFlow(step('read') + step('tell')) + noTarget),
      operations('read', `${get('whose')}<Scope>apiproxy</Scope>`),
      tell('{kvm.whose}'),
    ),
    'environments/local/maps.json': JSON.stringify([
      { name: 'm', scope: 'apiproxy', apiproxy: 'own', entries: { whose: 'its own' } },
    ]),
  }),
  facts: [
    {
      name: 'initial entries of a proxy are there before its first request, those of a refused one never',
      ask: 'GET /reader',
      body: 'yes ',
    },
    { name: 'a map of a file can belong to one proxy', ask: 'GET /own', body: 'its own' },
  ],
});
