import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KeyValueMaps, keyValueMapScope } from '../../runtime/state/keyvaluemap.ts';
import { MemoryStore } from '../../runtime/state/memory.ts';
import { later } from '../support/later-store.ts';

const environment = keyValueMapScope.environment({ organization: 'org', environment: 'test' });

describe('key value maps', () => {
  test('a key holds one value or several', () => {
    const map = new KeyValueMaps(new MemoryStore()).open(environment, 'm');
    assert.equal(map.get('k'), undefined);
    assert.equal(map.put('k', ['1']), undefined);
    assert.deepEqual(map.get('k'), ['1']);
    map.put('k', ['1', '', '"3"']);
    assert.deepEqual(map.get('k'), ['1', '', '"3"']);
    assert.equal(map.add('k', ['2']), false);
    assert.equal(map.add('l', ['2']), true);
    assert.deepEqual(map.list(), ['k', 'l']);
    map.delete('k');
    assert.equal(map.get('k'), undefined);
    assert.deepEqual(map.list(), ['l']);
  });

  test('names and keys never run into each other', () => {
    const maps = new KeyValueMaps(new MemoryStore());
    const names = ['a', 'a/b', 'a%2Fb', 'entry', 'map', '', '__proto__', 'a/entry/b', 'é/ü', 'entry/x'];
    for (const name of names) {
      for (const key of names) assert.equal(maps.open(environment, name).add(key, [name + key]), true);
    }
    for (const name of names) {
      assert.deepEqual(maps.open(environment, name).list(), [...names].sort());
      assert.deepEqual(maps.open(environment, name).get('a/b'), [`${name}a/b`]);
    }
    assert.deepEqual(maps.names(environment), [...names].sort());
  });

  test('scopes do not share maps', () => {
    const maps = new KeyValueMaps(new MemoryStore());
    const parts = { organization: 'org', environment: 'test', bundle: 'test', name: 'm' };
    for (const scope of Object.values(keyValueMapScope)) {
      assert.deepEqual(maps.names(scope(parts)), []);
      assert.equal(maps.open(scope(parts), 'm').add('k', ['v']), true);
      assert.deepEqual(maps.names(scope(parts)), ['m']);
    }
    assert.deepEqual(maps.names(keyValueMapScope.environment({ organization: 'org', environment: 'prod' })), []);
  });

  test('a map can be created, asked whether it is encrypted, and dropped', () => {
    const maps = new KeyValueMaps(new MemoryStore());
    assert.equal(maps.open(environment, 'm').encrypted(), undefined);
    assert.equal(maps.create(environment, 'm', true), true);
    assert.equal(maps.create(environment, 'm', false), false);
    assert.equal(maps.open(environment, 'm').encrypted(), true);
    maps.create(environment, 'mm', false);
    assert.equal(maps.open(environment, 'mm').encrypted(), false);
    maps.open(environment, 'm').put('k', ['v']);
    assert.equal(maps.drop(environment, 'm'), true);
    assert.equal(maps.drop(environment, 'm'), false);
    assert.deepEqual(maps.names(environment), ['mm']);
    assert.equal(maps.open(environment, 'm').get('k'), undefined);
  });

  test('a file adds what is not there yet', () => {
    const maps = new KeyValueMaps(new MemoryStore());
    const entries = new Map([
      ['a', '1'],
      ['b', '2'],
    ]);
    maps.open(environment, 'm').put('a', ['changed']);
    maps.load(environment, { name: 'm', scope: 'environment', encrypted: true, entries });
    assert.deepEqual(maps.open(environment, 'm').get('a'), ['changed']);
    assert.deepEqual(maps.open(environment, 'm').get('b'), ['2']);
    assert.equal(maps.open(environment, 'm').encrypted(), true);
  });

  test('initial entries replace other values and keep other keys', () => {
    const maps = new KeyValueMaps(new MemoryStore());
    const map = maps.open(environment, 'm');
    map.put('a', ['old']);
    map.put('b', ['kept']);
    maps.seed(environment, 'm', [{ key: 'a', values: ['1', '2'] }]);
    assert.deepEqual([map.get('a'), map.get('b')], [['1', '2'], ['kept']]);
    maps.seed(environment, 'none', []);
    assert.deepEqual(maps.names(environment), ['m']);
  });

  test('a store that answers later gives the same answers', async () => {
    const maps = new KeyValueMaps(later(new MemoryStore()));
    const map = maps.open(environment, 'm');
    const entries = new Map([['x/y', '1']]);
    await maps.load(environment, { name: 'm', scope: 'environment', encrypted: false, entries });
    await maps.seed(environment, 'm', [
      { key: 'a', values: ['1'] },
      { key: 'b', values: ['2'] },
    ]);
    assert.deepEqual(await map.list(), ['a', 'b', 'x/y']);
    assert.deepEqual(await map.get('x/y'), ['1']);
    assert.deepEqual(await maps.names(environment), ['m']);
    assert.equal(await map.encrypted(), false);
    assert.equal(await maps.drop(environment, 'm'), true);
    assert.deepEqual(await map.list(), []);
  });
});
