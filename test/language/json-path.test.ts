import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonPath } from '../../runtime/language/json-path.ts';
import { PatternError } from '../../runtime/language/pattern.ts';

const data = {
  store: {
    book: [
      { category: 'reference', author: 'Nigel Rees', title: 'Sayings', price: 8.95 },
      { category: 'fiction', author: 'Evelyn Waugh', title: 'Sword', price: 12.99 },
      { category: 'fiction', author: 'Herman Melville', title: 'Moby Dick', isbn: '0-553-21311-3', price: 8.99 },
      { category: 'fiction', author: 'J. R. R. Tolkien', title: 'Rings', isbn: '0-395-19395-8', price: 22.99 },
    ],
    bicycle: { color: 'red', price: 19.95 },
  },
  expensive: 10,
  'x-y': 1,
  'a b': 2,
  '@type': 't',
  $t: 'dollar',
  nums: [3, 1, 2],
  tags: ['a', 'b'],
  empty: [],
  nothing: null,
  no: false,
  wanted: ['reference', 'other'],
  length: 'own length',
};

function at(path: string, root: unknown = data): unknown {
  const found = compileJsonPath(path).value(root);
  return found.found ? found.value : undefined;
}

const definite: readonly [path: string, expected: unknown][] = [
  ['$', data],
  ['$.expensive', 10],
  ['expensive', 10],
  ['store.bicycle.color', 'red'],
  [' $.expensive ', 10],
  ["$['expensive']", 10],
  ['$["store"]["bicycle"]', data.store.bicycle],
  ['$.x-y', 1],
  ["$['a b']", 2],
  ["['a b']", 2],
  ['$.@type', 't'],
  ['$.$t', 'dollar'],
  ['$.store.book[0].title', 'Sayings'],
  ['$.store.book[-1].title', 'Rings'],
  ['$.store.book.[1].title', 'Sword'],
  ['$.store.book[9].title', undefined],
  ['$.store.book[-5]', undefined],
  ['$.store.book.title', undefined],
  ['$.a]', undefined],
  ['$.nope', undefined],
  ['$.nope.deeper', undefined],
  ['$.expensive.deeper', undefined],
  ['$.bicycle[0]', undefined],
  ['$.nothing', null],
  ['$.no', false],
  ['$.length', 'own length'],
  ['$.nums.length', undefined],
  ["$.store.bicycle['color','price']", { color: 'red', price: 19.95 }],
  ["$.store.bicycle['color','nope']", { color: 'red' }],
  ['$.nums.length()', 3],
  ['$.nums.size()', 3],
  ['$.store.length()', 2],
  ['$.expensive.length()', undefined],
  ['$.nope.length()', undefined],
  ['$.tags[0].length()', 1],
  ['$.nums.min()', 1],
  ['$.nums.max()', 3],
  ['$.nums.sum()', 6],
  ['$.nums.avg()', 2],
  ['$.nums.stddev()', Math.sqrt(2 / 3)],
  ['$.empty.max()', undefined],
  ['$.tags.max()', undefined],
  ['$.nums.first()', 3],
  ['$.nums.last()', 2],
  ['$.nums.index(1)', 1],
  ['$.nums.index(-1)', 2],
  ['$.nums.index(7)', undefined],
  ['$.nums.append(4)', [3, 1, 2, 4]],
  ['$.store.bicycle.keys()', ['color', 'price']],
  ['$.tags.concat()', 'ab'],
  ["$.concat($.store.bicycle.color, '-', $.expensive)", 'red-10'],
  ['$.sum($.nums, $.expensive)', 16],
  ['$..price.sum()', 8.95 + 12.99 + 8.99 + 22.99 + 19.95],
  ['$..price.max()', 22.99],
  ['$.store.book[*].price.min()', 8.95],
  ['$.store.book[?(@.isbn)].length()', 2],
];

for (const [path, expected] of definite) {
  test(`${path} is definite`, () => {
    const compiled = compileJsonPath(path);
    assert.equal(compiled.definite, true);
    const actual = at(path);
    if (typeof expected === 'number') assert.ok(Math.abs(Number(actual) - expected) < 1e-9, String(actual));
    else assert.deepEqual(actual, expected);
    assert.equal(compiled.find(data).length, expected === undefined ? 0 : 1);
  });
}

const titles = ['Sayings', 'Sword', 'Moby Dick', 'Rings'];

const indefinite: readonly [path: string, expected: readonly unknown[]][] = [
  ['$.nums[*]', [3, 1, 2]],
  ['$.nums.*', [3, 1, 2]],
  ['$.store.bicycle.*', ['red', 19.95]],
  ['$.expensive[*]', []],
  ['$.store.book[*].title', titles],
  ['store.book[*].title', titles],
  ['$..title', titles],
  ['$.store..price', [8.95, 12.99, 8.99, 22.99, 19.95]],
  ["$..['color']", ['red']],
  ["$..['color','title']", ['Sayings', 'Sword', 'Moby Dick', 'Rings', 'red']],
  ['$..book[0].title', ['Sayings']],
  ['$..[0]', [data.store.book[0], 3, 'a', 'reference']],
  ['$.nums[1:3]', [1, 2]],
  ['$.nums[:2]', [3, 1]],
  ['$.nums[-2:]', [1, 2]],
  ['$.nums[1:]', [1, 2]],
  ['$.nums[0:-1]', [3, 1]],
  ['$.nums[5:9]', []],
  ['$.nums[0,2]', [3, 2]],
  ['$.nums[ 0 , 2 ]', [3, 2]],
  ['$.nums[0,9,-1]', [3, 2]],
  ["$.store['bicycle','nope'].color", ['red']],
  ['$.nope[*].x', []],
  ['$.store.book[?(@.isbn)].title', ['Moby Dick', 'Rings']],
  ['$.store.book[?(!@.isbn)].title', ['Sayings', 'Sword']],
  ['$.store.book[?@.isbn].title', ['Moby Dick', 'Rings']],
  ["$.store.book[?(@.category == 'fiction')].title", ['Sword', 'Moby Dick', 'Rings']],
  ['$.store.book[?(@.category=="fiction"&&@.price<10)].title', ['Moby Dick']],
  ["$.store.book[?('fiction' == @.category)].title", ['Sword', 'Moby Dick', 'Rings']],
  ["$.store.book[?(@.category != 'fiction')].title", ['Sayings']],
  ["$.store.book[?(@.isbn != 'x')].title", titles],
  ['$.store.book[?(@.price < 9)].title', ['Sayings', 'Moby Dick']],
  ['$.store.book[?(@.price <= 8.95)].title', ['Sayings']],
  ['$.store.book[?(@.price > 20)].title', ['Rings']],
  ['$.store.book[?(@.price >= 22.99)].title', ['Rings']],
  ["$.store.book[?(@.price == '8.95')].title", ['Sayings']],
  ["$.store.book[?(@.price === '8.95')].title", []],
  ["$.store.book[?(@.price > '1')].title", []],
  ['$.store.book[?(@.price > $.expensive)].title', ['Sword', 'Rings']],
  ["$.store.book[?(@.price < $['expensive'])].title", ['Sayings', 'Moby Dick']],
  ['$.store.book[?(@.author =~ /.*REES/i)].title', ['Sayings']],
  ['$.store.book[?(@.author =~ /Rees/)].title', []],
  ['$.store.book[?(@.category in [\'reference\', "x"])].title', ['Sayings']],
  ['$.store.book[?(@.category in $.wanted)].title', ['Sayings']],
  ["$.store.book[?(@.category nin ['fiction'])].title", ['Sayings']],
  ["$.store.book[?(@.isbn nin ['x'])].title", ['Moby Dick', 'Rings']],
  ["$.store.book[?(@.category IN ['reference'])].title", ['Sayings']],
  ["$.store.book[?(@.title contains 'ing')].title", ['Sayings', 'Rings']],
  ['$.store.book[?(@.title size 5)].title', ['Sword', 'Rings']],
  ['$.store.book[?(@.title.length() == 5)].title', ['Sword', 'Rings']],
  [
    "$.store.book[?((@.category == 'fiction' || @.price < 9) && !(@.price > 20))].title",
    ['Sayings', 'Sword', 'Moby Dick'],
  ],
  ["$.store.book[?(@.category == 'x' || @.price < 9 && @.isbn)].title", ['Moby Dick']],
  ["$.store.book[?(@['category'] == 'reference')].title", ['Sayings']],
  ['$.store[?(@.color)].color', []],
  ['$.store.bicycle[?(@.price > 10)].color', ['red']],
  ['$.[?(@.expensive>0)].expensive', [10]],
  ['$.[?(@.expensive>10)].expensive', []],
  ['$..[?(@.price > 19)].price', [22.99, 19.95]],
  ['$.nums[?(@ > 1)]', [3, 2]],
  ['$..nums[?(@ > 1)]', [3, 2]],
  ['$[?(@.nothing == null)].expensive', [10]],
  ['$[?(@.nope == null)].expensive', []],
  ['$[?(@.nothing)].expensive', [10]],
  ['$[?(@.no)].expensive', [10]],
  ['$[?(@.no == false)].expensive', [10]],
  ["$[?(@.tags subsetof ['b','a','c'])].expensive", [10]],
  ["$[?(@.tags subsetof ['a'])].expensive", []],
  ["$[?(@.tags anyof ['z','a'])].expensive", [10]],
  ["$[?(@.tags anyof ['z'])].expensive", []],
  ["$[?(@.tags noneof ['z'])].expensive", [10]],
  ["$[?(@.tags noneof ['a'])].expensive", []],
  ["$[?(@.tags contains 'a')].expensive", [10]],
  ['$[?(@.empty empty true)].expensive', [10]],
  ['$[?(@.tags empty true)].expensive', []],
  ['$[?(@.tags empty false)].expensive', [10]],
  ["$[?(@.tags == ['a', 'b'])].expensive", [10]],
  ["$[?(@.store.bicycle == {'price': 19.95, \"color\": 'red'})].expensive", [10]],
  ['$[?(@.store.book[?(@.price > 20)])].expensive', [10]],
  ['$[?(@.store.book[?(@.price > 90)])].expensive', []],
  ['$[?(@.x-y == 1)].expensive', [10]],
];

for (const [path, expected] of indefinite) {
  test(`${path} gives a list`, () => {
    const compiled = compileJsonPath(path);
    assert.equal(compiled.definite, false);
    assert.deepEqual(compiled.find(data), expected);
    assert.deepEqual(compiled.value(data), { found: expected.length > 0, value: expected });
  });
}

test('a root that is an array', () => {
  const list = [{ name: 'a', region: 'x' }, { name: 'b' }];
  assert.equal(at('$.[0].name', list), 'a');
  assert.equal(at('[1].name', list), 'b');
  assert.deepEqual(at('$.[*].name', list), ['a', 'b']);
  assert.deepEqual(at("$.[?(@.region=='x')].name", list), ['a']);
  assert.equal(at('$.length()', list), 2);
});

test('parents come before their children', () => {
  assert.deepEqual(compileJsonPath('$..id').find({ id: 1, a: [{ id: 2, b: { id: 3 } }, { id: 4 }] }), [1, 2, 3, 4]);
  assert.deepEqual(compileJsonPath('$..*').find({ a: { b: 1 }, c: 2 }), [{ b: 1 }, 2, 1]);
});

test('only own properties count', () => {
  for (const path of ['$.__proto__', '$.constructor', '$.toString', "$['hasOwnProperty']"])
    assert.equal(at(path), undefined);
  const hostile: unknown = JSON.parse('{"__proto__": {"x": 1}, "constructor": 2}');
  assert.equal(at('$.__proto__.x', hostile), 1);
  assert.equal(at('$.constructor', hostile), 2);
  assert.deepEqual(compileJsonPath('$..x').find(hostile), [1]);
  const merged = at("$['__proto__','constructor']", hostile);
  assert.equal(JSON.stringify(merged), '{"__proto__":{"x":1},"constructor":2}');
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
});

test('depth of the document does not matter', () => {
  const depth = 100_000;
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
  assert.equal(compileJsonPath('$..a').find(deep).length, depth);
  assert.equal(compileJsonPath('$..[?(@.a == 1)]').find(deep).length, 1);
  assert.deepEqual(compileJsonPath('$[?(@.a == $.a)]').find(deep).length, 1);
});

test('a path that finds too much stops', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`);
  assert.throws(() => compileJsonPath('$..a..a').find(deep), PatternError);
});

const wrong: readonly [path: string, index: number][] = [
  ['', 0],
  ['  ', 0],
  ['$.', 2],
  ['$..', 3],
  ['$.a.', 4],
  ['$...a', 3],
  ['$a', 1],
  ['$.a b', 3],
  ['$[', 2],
  ['$[]', 2],
  ['$[a]', 2],
  ["$['a", 2],
  ["$['a'", 5],
  ["$['a',1]", 6],
  ['$[1', 3],
  ['$[1:2:3]', 5],
  ['$.a.nope()', 3],
  ['$.a.length().b', 12],
  ['$[?(@.a == )]', 11],
  ['$[?(@.a ==  1]', 13],
  ['$[?(@.a foo 1)]', 8],
  ['$[?(@.a =~ 1)]', 8],
  ['$[?(@.a =~ /(/)]', 12],
  ['$[?()]', 4],
  [`$[?${'('.repeat(5000)}`, 103],
  [`$[?(@.a == ${'['.repeat(5000)}`, 110],
];

for (const [path, index] of wrong) {
  test(`${path.slice(0, 20)} is refused at ${index}`, () => {
    assert.throws(
      () => compileJsonPath(path),
      (error) => {
        assert.ok(error instanceof PatternError);
        assert.equal(error.index, index);
        return true;
      },
    );
  });
}

test('a path of many steps, and a filter of many negations, are no trouble', () => {
  assert.equal(at(`$${'.a'.repeat(20_000)}`), undefined);
  assert.deepEqual(compileJsonPath(`$[?(${'!'.repeat(20_000)}@.a)]`).find({ a: 1 }).length, 1);
});
