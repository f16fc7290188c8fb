import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Headers, isSingleValued } from '../../runtime/message/headers.ts';
import { Random } from '../support/random.ts';

const names = [
  'Accept',
  'accept',
  'ACCEPT',
  'X-One',
  'x-one',
  'Set-Cookie',
  'set-cookie',
  'Date',
  'date',
  'ETag',
  'TE',
];
const valuePieces = ['a', 'b', ', ', ',', ' ', ';q=0.5', '"x"', 'ü', '=', '\t'];

/** The same operations on a plain list, without any trick. */
class PlainHeaders {
  fields: [name: string, value: string][];

  constructor(fields: readonly (readonly [string, string])[]) {
    this.fields = fields.map(([name, value]) => [name, value]);
  }

  is(name: string): (field: readonly [string, string]) => boolean {
    return ([other]) => other.toLowerCase() === name.toLowerCase();
  }

  lines(name: string): string[] {
    return this.fields.filter(this.is(name)).map(([, value]) => value);
  }

  values(name: string): string[] {
    if (isSingleValued(name)) return this.lines(name);
    return this.lines(name).flatMap((line) => (line.includes(',') ? line.split(',').map((one) => one.trim()) : [line]));
  }

  set(name: string, value: string): void {
    const at = this.fields.findIndex(this.is(name));
    if (at === -1) this.fields.push([name, value]);
    else {
      const [own] = this.fields[at] ?? [name];
      this.fields = this.fields.filter((field, index) => index === at || !this.is(name)(field));
      this.fields[this.fields.findIndex(this.is(name))] = [own, value];
    }
  }

  remove(name: string): void {
    this.fields = this.fields.filter((field) => !this.is(name)(field));
  }

  names(): string[] {
    return this.fields
      .filter((field, index) => this.fields.findIndex(this.is(field[0])) === index)
      .map(([name]) => name);
  }
}

function check(headers: Headers, plain: PlainHeaders): void {
  assert.deepEqual([...headers.raw], plain.fields.flat());
  assert.deepEqual(headers.names(), plain.names());
  for (const name of names) {
    const lines = plain.lines(name);
    assert.equal(headers.has(name), lines.length > 0);
    assert.equal(headers.line(name), lines[0]);
    assert.deepEqual(headers.lines(name), lines);
    assert.deepEqual(headers.values(name), plain.values(name));
    assert.equal(headers.value(name), plain.values(name)[0]);
    assert.equal(headers.text(name), lines.length === 0 ? undefined : lines.join(', '));
  }
}

test('any sequence of changes gives what a plain list gives', () => {
  const random = new Random(21);
  for (let count = 0; count < 2_000; count++) {
    const fields = random.list(8, () => [random.of(names), random.text(5, valuePieces)] as const);
    const headers = new Headers(fields.flat());
    const plain = new PlainHeaders(fields);
    for (let step = random.below(6); step >= 0; step--) {
      const name = random.of(names);
      const value = random.text(4, valuePieces);
      switch (random.below(4)) {
        case 0:
          headers.set(name, value);
          plain.set(name, value);
          break;
        case 1:
          headers.add(name, value);
          plain.fields.push([name, value]);
          break;
        case 2:
          headers.remove(name);
          plain.remove(name);
          break;
        default: {
          const values = random.list(3, () => random.text(4, valuePieces));
          headers.setAll(name, values);
          plain.remove(name);
          for (const one of values) plain.fields.push([name, one]);
        }
      }
    }
    check(headers, plain);
  }
});

test('owners of shared fields never see each other’s changes', () => {
  const random = new Random(22);
  for (let count = 0; count < 2_000; count++) {
    const fields = random.list(6, () => [random.of(names), random.text(3, valuePieces)] as const);
    const owners = [{ headers: new Headers(fields.flat()), plain: new PlainHeaders(fields) }];
    for (let step = 0; step < 8; step++) {
      const { headers, plain } = random.of(owners);
      const name = random.of(names);
      if (random.once(3)) {
        owners.push({ headers: headers.share(), plain: new PlainHeaders(plain.fields) });
      } else if (random.once(2)) {
        headers.set(name, 'new');
        plain.set(name, 'new');
      } else {
        headers.remove(name);
        plain.remove(name);
      }
    }
    for (const { headers, plain } of owners) assert.deepEqual([...headers.raw], plain.fields.flat());
  }
});

test('no value starts a new line', () => {
  const random = new Random(23);
  for (let count = 0; count < 2_000; count++) {
    const value = random.text(6, ['a', '\r', '\n', '\0', '\t', ' ', '\u007f', '\u0001', 'ü']);
    const headers = new Headers([]);
    const isSafe = !/[\r\n\0\u007f\u0001]/.test(value);
    if (isSafe) headers.add('x', value);
    else assert.throws(() => headers.add('x', value), JSON.stringify(value));
    assert.equal(headers.has('x'), isSafe);
  }
});
