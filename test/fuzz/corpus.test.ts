import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Random } from '../support/random.ts';
import { repository } from '../support/source-code.ts';
import { openLoaderTargets } from './loader-targets.ts';
import { mutate } from './mutation.ts';
import { openPayloadTargets } from './payload-targets.ts';

/** What fuzzing once found, and a short run of it that is the same every time. */

const folder = join(repository, 'test', 'fuzz', 'corpus');
const corpus = (existsSync(folder) ? readdirSync(folder) : []).map((name) => ({
  name,
  ...(JSON.parse(readFileSync(join(folder, name), 'utf8')) as { target: string; input: string; why: string }),
}));

test('what was found stays mended', async (context) => {
  const [payloads, loader] = [await openPayloadTargets(), await openLoaderTargets()];
  after(() => Promise.all([payloads.close(), loader.close()]));
  const targets = [...payloads.targets, ...loader.targets];
  for (const { name, target, input, why } of corpus) {
    await context.test(`${name}: ${why}`, async () => {
      const one = targets.find((candidate) => candidate.name === target);
      if (one === undefined) throw new Error(`There is no target ${target} any more`);
      await one.take(Buffer.from(input, 'base64'));
    });
  }
  await context.test('twenty inputs for each', async () => {
    const random = new Random(20_261_125);
    for (const target of targets) {
      for (let count = 0; count < 20; count++) {
        const input = mutate(random, random.of(target.seeds));
        await target.take(input).catch((error: unknown) => {
          throw new Error(`${target.name} with ${input.toString('base64')}`, { cause: error });
        });
      }
    }
  });
});
