import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { variableReader, variableRemover, variableWriter } from '../../runtime/language/variables.ts';
import type { Exchange } from '../../runtime/message/exchange.ts';

export function read(exchange: Exchange, name: string): unknown {
  return variableReader(name)(exchange);
}

export function write(exchange: Exchange, name: string, value: unknown): void {
  variableWriter(name)(exchange, value);
}

export function remove(exchange: Exchange, name: string): void {
  variableRemover(name)(exchange);
}

/** One test for each variable and the value it has in the exchange. */
export function readsAs(
  name: string,
  exchange: Exchange,
  rows: readonly (readonly [name: string, expected: unknown])[],
): void {
  suite(name, () => {
    for (const [variable, expected] of rows) test(variable, () => assert.deepEqual(read(exchange, variable), expected));
  });
}
