import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sharedFlow } from '../bundle/flow.ts';
import { proxyEndpoint } from '../bundle/proxy.ts';
import { targetEndpoint } from '../bundle/target.ts';
import { policies } from '../policies/index.ts';
import { xsdDocument } from '../schema/xsd.ts';

/**
 * Writes the XSD of every element from its declaration; with `check` compares instead.
 * @returns exit code: 1 when a file on disk is not what its declaration gives
 */
export function writeSchemas(directory: string, check: boolean): number {
  const wanted = documents();
  const stale = existing(directory).filter((name) => !wanted.has(name));
  const different = [...wanted]
    .filter(([name, text]) => readOrNothing(join(directory, name)) !== text)
    .map(([name]) => name);
  if (!check) {
    for (const name of stale) rmSync(join(directory, name));
    for (const name of different) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), wanted.get(name) ?? '');
    }
    process.stdout.write(`${wanted.size} schemas, ${different.length} written, ${stale.length} removed\n`);
    return 0;
  }
  const wrong = [...different, ...stale];
  if (wrong.length > 0) process.stdout.write(`Not as declared: ${wrong.join(', ')}. Run npm run schemas.\n`);
  else process.stdout.write(`${wanted.size} schemas are as declared\n`);
  return wrong.length > 0 ? 1 : 0;
}

function documents(): Map<string, string> {
  const texts = new Map([
    ['ProxyEndpoint.xsd', xsdDocument('ProxyEndpoint', proxyEndpoint)],
    ['TargetEndpoint.xsd', xsdDocument('TargetEndpoint', targetEndpoint)],
    ['SharedFlow.xsd', xsdDocument('SharedFlow', sharedFlow)],
  ]);
  for (const policy of policies.values()) {
    texts.set(`policies/${policy.element}.xsd`, xsdDocument(policy.element, policy.declaration));
  }
  return texts;
}

function existing(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.xsd')).map((name) => name.replaceAll('\\', '/'));
}

function readOrNothing(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
