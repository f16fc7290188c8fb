import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyValueMapOperations } from '../../runtime/policies/KeyValueMapOperations.ts';
import type { Step } from '../../runtime/policies/policy.ts';
import { KeyValueMaps, keyValueMapScope } from '../../runtime/state/keyvaluemap.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import type { Store } from '../../runtime/state/store.ts';
import { exchangeOf } from '../support/exchange.ts';
import { later } from '../support/later-store.ts';
import { compilePolicy, faultOf } from '../support/policy.ts';

const parts = { organization: 'org', environment: 'test', bundle: 'weather', name: 'KV' };
const environment = keyValueMapScope.environment(parts);

function mapIn(store: Store, name = 'm') {
  return new KeyValueMaps(store).open(environment, name);
}

function diagnosticsOf(text: string) {
  return compilePolicy(KeyValueMapOperations, text).diagnostics;
}

function compile(inside: string, store: Store = new MemoryStore(), attributes = 'mapIdentifier="m"'): Step {
  return policyOf(inside, store, attributes).step;
}

function policyOf(inside: string, store: Store, attributes = 'mapIdentifier="m"') {
  const text = `<KeyValueMapOperations name="KV" ${attributes}>${inside}</KeyValueMapOperations>`;
  const policy = compilePolicy(KeyValueMapOperations, text, { compiler: { store } });
  assert.deepEqual(
    policy.diagnostics.filter((one) => one.severity === 'error'),
    [],
  );
  return policy;
}

const get = (assignTo: string, key: string, more = '') => `<Get assignTo="${assignTo}"${more}><Key>${key}</Key></Get>`;

describe('Get', () => {
  test('a key is a text, a variable, or several joined by two underscores', () => {
    const store = new MemoryStore();
    mapIn(store).put('host', ['east']);
    mapIn(store).put('app__size', ['big']);
    const step = compile(
      get('k.text', '<Parameter>host</Parameter>') +
        get('k.ref', '<Parameter ref="which"/>') +
        get('k.both', '<Parameter ref="app"/><Parameter>size</Parameter>') +
        get('k.default', '<Parameter ref="none">host</Parameter>'),
      store,
    );
    const exchange = exchangeOf({ variables: { which: 'host', app: 'app' } });
    assert.equal(step(exchange), undefined);
    for (const [name, value] of [
      ['k.text', 'east'],
      ['k.ref', 'east'],
      ['k.both', 'big'],
      ['k.default', 'east'],
    ] as const) {
      assert.equal(exchange.read(name), value, name);
    }
  });

  test('a missing key leaves nothing, not even what was there', () => {
    const step = compile(get('k', '<Parameter>none</Parameter>') + get('l', '<Parameter ref="none"/>'));
    const exchange = exchangeOf({ variables: { k: 'old', l: 'old' } });
    step(exchange);
    assert.deepEqual([exchange.read('k'), exchange.read('l')], [undefined, undefined]);
  });

  test('an index picks one of several values, without it they are a list', () => {
    const store = new MemoryStore();
    mapIn(store).put('k', ['v1', 'v2']);
    mapIn(store).put('one', ['v']);
    const key = '<Parameter>k</Parameter>';
    const step = compile(
      get('a', key, ' index="1"') +
        get('b', key, ' index="2"') +
        get('c', key, ' index="3"') +
        get('all', key) +
        get('one', '<Parameter>one</Parameter>') +
        get('first', '<Parameter>one</Parameter>', ' index="1"'),
      store,
    );
    const exchange = exchangeOf();
    step(exchange);
    const read = ['a', 'b', 'c', 'all', 'one', 'first'].map((name) => exchange.read(name));
    assert.deepEqual(read, ['v1', 'v2', undefined, ['v1', 'v2'], 'v', 'v']);
  });

  test('an encrypted map gives its values to private variables only', async () => {
    const store = new MemoryStore();
    new KeyValueMaps(store).create(environment, 'm', true);
    mapIn(store).put('k', ['secret']);
    const key = '<Parameter>k</Parameter>';
    const exchange = exchangeOf();
    compile(get('private.k', key), store)(exchange);
    assert.equal(exchange.read('private.k'), 'secret');
    const fault = await faultOf(compile(get('k', key), store), exchangeOf());
    assert.equal(fault.code, 'steps.keyvaluemapoperations.SetVariableFailed');
    assert.equal(fault.status, 500);
    assert.equal(fault.faultstring, 'Failed to set variable k in KeyValueMapStepDefinition KV');
  });

  test('a variable that cannot be set is a fault', async () => {
    const store = new MemoryStore();
    mapIn(store).put('k', ['v']);
    const step = compile(get('a.b', '<Parameter>k</Parameter>'), store);
    const fault = await faultOf(step, exchangeOf({ variables: { a: 'single' } }));
    assert.equal(fault.faultName, 'SetVariableFailed');
  });
});

describe('Put and Delete', () => {
  const put = (override: string) =>
    `<Put${override}><Key><Parameter ref="k"/></Key><Value ref="v"/></Put>${get('got', '<Parameter ref="k"/>')}`;
  const run = (step: Step, k: string | undefined, v: unknown) => {
    const exchange = exchangeOf({ variables: { k, v } });
    step(exchange);
    return exchange.read('got');
  };

  test('a key that is there is kept unless override is true', () => {
    const store = new MemoryStore();
    assert.equal(run(compile(put(''), store), 'a', '1'), '1');
    assert.equal(run(compile(put(''), store), 'a', '2'), '1');
    assert.equal(run(compile(put(' override="false"'), store), 'a', '2'), '1');
    assert.equal(run(compile(put(' override="true"'), store), 'a', '3'), '3');
    run(compile('<Delete><Key><Parameter ref="k"/></Key></Delete>', store), 'a', '');
    assert.equal(mapIn(store).get('a'), undefined);
  });

  test('a list is several values, a number its text', () => {
    const store = new MemoryStore();
    assert.deepEqual(run(compile(put(''), store), 'a', ['1', '2']), ['1', '2']);
    assert.equal(run(compile(put(''), store), 'b', 7), '7');
    const two = '<Put><Key><Parameter>c</Parameter></Key><Value>x</Value><Value ref="v"/></Put>';
    run(compile(two, store), undefined, 'y');
    assert.deepEqual(mapIn(store).get('c'), ['x', 'y']);
  });

  test('a key or a value without value writes nothing', () => {
    const store = new MemoryStore();
    mapIn(store).put('a', ['1']);
    run(compile(put(' override="true"'), store), 'a', undefined);
    run(compile(put(' override="true"'), store), undefined, '2');
    assert.deepEqual(mapIn(store).list(), ['a']);
    assert.deepEqual(mapIn(store).get('a'), ['1']);
  });

  test('operations run in the order they are written in', () => {
    const key = '<Key><Parameter>k</Parameter></Key>';
    const step = compile(
      `<Get assignTo="before">${key}</Get><Put>${key}<Value>1</Value></Put><Get assignTo="between">${key}</Get>` +
        `<Delete>${key}</Delete><Get assignTo="after">${key}</Get>`,
    );
    const exchange = exchangeOf();
    step(exchange);
    const read = ['before', 'between', 'after'].map((name) => exchange.read(name));
    assert.deepEqual(read, [undefined, '1', undefined]);
  });
});

describe('maps', () => {
  test('the name is an attribute, an element, a variable, or kvmap', () => {
    const store = new MemoryStore();
    for (const name of ['a', 'b', 'c', 'd', 'kvmap']) mapIn(store, name).put('k', [name]);
    const read = get('got', '<Parameter>k</Parameter>');
    const run = (inside: string, attributes = '') => {
      const exchange = exchangeOf({ variables: { which: 'c' } });
      compile(inside + read, store, attributes)(exchange);
      return exchange.read('got');
    };
    assert.equal(run('', 'mapIdentifier="a"'), 'a');
    assert.equal(run('<MapName>b</MapName>'), 'b');
    assert.equal(run('<MapName ref="which"/>'), 'c');
    assert.equal(run('<MapName ref="none">d</MapName>'), 'd');
    assert.equal(run(''), 'kvmap');
    assert.equal(run('<MapName>b</MapName>', 'mapIdentifier="a"'), 'b');
  });

  test('an empty name is a fault', async () => {
    const read = get('got', '<Parameter>k</Parameter>');
    for (const step of [compile(read, undefined, 'mapIdentifier=""'), compile(`<MapName ref="none"/>${read}`)]) {
      const fault = await faultOf(step, exchangeOf());
      assert.equal(fault.code, 'steps.keyvaluemapoperations.UnsupportedOperationException');
      assert.equal(fault.status, 500);
    }
  });

  test('each scope has maps of its own', () => {
    const store = new MemoryStore();
    const maps = new KeyValueMaps(store);
    for (const [kind, scope] of Object.entries(keyValueMapScope)) maps.open(scope(parts), 'm').put('k', [kind]);
    for (const kind of Object.keys(keyValueMapScope)) {
      const exchange = exchangeOf();
      compile(`<Scope>${kind}</Scope>${get('got', '<Parameter>k</Parameter>')}`, store)(exchange);
      assert.equal(exchange.read('got'), kind);
    }
    const exchange = exchangeOf();
    compile(get('got', '<Parameter>k</Parameter>'), store)(exchange);
    assert.equal(exchange.read('got'), 'environment');
  });

  const initial =
    '<InitialEntries><Entry><Key><Parameter>a</Parameter><Parameter>b</Parameter></Key>' +
    '<Value>v1</Value><Value>v2</Value></Entry></InitialEntries>';

  test('initial entries are written when the bundle is deployed, not before', async () => {
    const store = new MemoryStore();
    mapIn(store).put('a__b', ['old']);
    mapIn(store).put('other', ['kept']);
    const { deploy } = policyOf(initial, store);
    assert.deepEqual(mapIn(store).get('a__b'), ['old']);
    await deploy();
    assert.deepEqual(mapIn(store).get('a__b'), ['v1', 'v2']);
    assert.deepEqual(mapIn(store).get('other'), ['kept']);
  });

  test('encrypted makes the map one whose values go to private variables only', async () => {
    const store = new MemoryStore();
    const read = get('x', '<Parameter>a__b</Parameter>');
    const { step, deploy } = policyOf(initial + read, store, 'mapIdentifier="m" encrypted="true"');
    await deploy();
    assert.equal((await faultOf(step, exchangeOf())).faultName, 'SetVariableFailed');
    const exchange = exchangeOf();
    compile(get('private.x', '<Parameter>a__b</Parameter>'), store)(exchange);
    assert.deepEqual(exchange.read('private.x'), ['v1', 'v2']);
  });

  test('a store that answers later works alike', async () => {
    const store = later(new MemoryStore());
    const key = '<Key><Parameter>k</Parameter></Key>';
    const { step, deploy } = policyOf(
      `${initial}<Put>${key}<Value>1</Value></Put><Get assignTo="x">${key}</Get>` +
        `<Get assignTo="private.y" index="2"><Key><Parameter>a__b</Parameter></Key></Get><Delete>${key}</Delete>`,
      store,
    );
    await deploy();
    const exchange = exchangeOf();
    await step(exchange);
    assert.deepEqual([exchange.read('x'), exchange.read('private.y')], ['1', 'v2']);
    assert.equal(await mapIn(store).get('k'), undefined);
    const fresh = later(new MemoryStore());
    await mapIn(fresh).create(true);
    const fault = await faultOf(compile(get('x', '<Parameter>k</Parameter>'), fresh), exchangeOf());
    assert.equal(fault.faultName, 'SetVariableFailed');
  });
});

describe('mistakes', () => {
  const severities = (text: string) => diagnosticsOf(text).map((one) => `${one.code} ${one.severity}`);
  const policy = (inside: string, attributes = 'mapIdentifier="m"') =>
    `<KeyValueMapOperations name="KV" ${attributes}>${inside}</KeyValueMapOperations>`;

  test('keep a bundle from being deployed', () => {
    const key = '<Key><Parameter>k</Parameter></Key>';
    const errors = [
      `<Get assignTo="a" index="0">${key}</Get>`,
      `<Get assignTo="a" index="-1">${key}</Get>`,
      `<Get>${key}</Get>`,
      '<Get assignTo="a"/>',
      '<Get assignTo="a"><Key/></Get>',
      `<Put>${key}</Put>`,
      '<Delete/>',
      `<InitialEntries><Entry>${key}</Entry></InitialEntries>`,
      '<InitialEntries><Entry><Value>v</Value></Entry></InitialEntries>',
    ];
    for (const inside of errors) {
      assert.ok(
        diagnosticsOf(policy(inside)).some((one) => one.severity === 'error'),
        inside,
      );
    }
  });

  test('warn where the policy can still run', () => {
    const read = get('a', '<Parameter>k</Parameter>');
    assert.deepEqual(severities(policy('')), ['ZH121 warning']);
    assert.deepEqual(severities(policy(read, 'mapIdentifier=""')), ['PO038 warning']);
    assert.deepEqual(severities(policy(`<MapName/>${read}`, '')), ['PO038 warning']);
    assert.deepEqual(severities(policy(read, '')), ['PO038 warning']);
    assert.deepEqual(severities(policy(get('a', '<Parameter/>'))), ['ZH125 warning']);
    assert.deepEqual(severities(policy(`<MapName>n</MapName>${read}`)), ['PO038 warning']);
    assert.deepEqual(
      severities(
        policy(
          '<MapName ref="n"/><InitialEntries><Entry><Key><Parameter>k</Parameter></Key><Value>v</Value></Entry></InitialEntries>',
          '',
        ),
      ),
      ['ZH124 warning'],
    );
  });

  test('boilerplate is no mistake', () => {
    const inside =
      '<ExpiryTimeInSecs>-1</ExpiryTimeInSecs><ExclusiveCache>false</ExclusiveCache><Properties/><DisplayName>x</DisplayName>';
    assert.deepEqual(severities(policy(inside + get('a', '<Parameter>k</Parameter>'))), []);
  });
});
