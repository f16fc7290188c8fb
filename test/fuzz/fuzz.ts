import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Random } from '../support/random.ts';
import { repository } from '../support/source-code.ts';
import { openLoaderTargets } from './loader-targets.ts';
import { mutate } from './mutation.ts';
import { openPayloadTargets } from './payload-targets.ts';
import type { FuzzTarget } from './target.ts';

/**
 * `npm run fuzz -- [--minutes 5] [--seed N] [--only WORD]`: breaks inputs at random and looks for what is neither answer,
 * fault nor finding, and for what never ends. What is found goes to test/fuzz/corpus, which the tests replay.
 */

/** Milliseconds that an input may take. */
const patience = 20_000;

interface Case {
  readonly target: string;
  /** Base64. */
  readonly input: string;
}

type Report =
  | { readonly kind: 'case'; readonly at: Case }
  | { readonly kind: 'failed'; readonly at: Case; readonly why: string };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
    worker: { type: 'boolean', default: false },
  },
});

if (values.worker) await work(Number(values.seed), values.only);
else process.exitCode = (await supervise(Number(values.minutes), Number(values.seed), values.only)) === 0 ? 0 : 1;

/** Tells of each input before it is taken, so that whoever watches knows what it was that never ended. */
async function work(seed: number, only: string): Promise<void> {
  const random = new Random(seed);
  const [payloads, loader] = [await openPayloadTargets(), await openLoaderTargets()];
  const targets = [...payloads.targets, ...loader.targets].filter(({ name }) => name.includes(only));
  const tell = (report: Report): void => void process.send?.(report);
  for (;;) {
    const target: FuzzTarget = random.of(targets);
    const input = mutate(random, random.of(target.seeds));
    const at: Case = { target: target.name, input: input.toString('base64') };
    tell({ kind: 'case', at });
    try {
      await target.take(input);
    } catch (error) {
      tell({ kind: 'failed', at, why: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
    // Messages go out between two inputs.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function supervise(minutes: number, seed: number, only: string): Promise<number> {
  const until = Date.now() + minutes * 60_000;
  const found = new Map<string, Case>();
  let inputs = 0;
  for (let round = 0; Date.now() < until; round++) {
    const child = fork(fileURLToPath(import.meta.url), ['--worker', '--seed', String(seed + round), '--only', only]);
    await new Promise<void>((resolve) => {
      let last: Case | undefined;
      let since = Date.now();
      const note = (why: string, at: Case | undefined): void => {
        const key = `${at?.target} ${why.split('\n').slice(0, 2).join(' ')}`;
        if (at === undefined || found.has(key)) return;
        found.set(key, at);
        console.log(`FOUND in ${at.target}: ${why}\n`);
        save(at, why, found.size);
      };
      const watch = setInterval(() => {
        const hangs = Date.now() - since > patience;
        if (hangs) note(`it takes longer than ${patience} ms`, last);
        if (hangs || Date.now() >= until) child.kill('SIGKILL');
      }, 500);
      child.on('message', (report: Report) => {
        since = Date.now();
        if (report.kind === 'failed') note(report.why, report.at);
        else {
          last = report.at;
          inputs++;
        }
      });
      child.once('exit', (code, signal) => {
        clearInterval(watch);
        if (signal !== 'SIGKILL') note(`the process ended with ${code ?? signal}`, last);
        resolve();
      });
    });
  }
  console.log(`${inputs} inputs from seed ${seed}, ${found.size} found`);
  return found.size;
}

function save(at: Case, why: string, number: number): void {
  const folder = join(repository, 'test', 'fuzz', 'corpus');
  mkdirSync(folder, { recursive: true });
  const name = `${at.target.replace(/[^\w.-]+/g, '-')}-${seedText()}-${number}.json`;
  const entry = { ...at, why: why.split('\n')[0] };
  writeFileSync(join(folder, name), `${JSON.stringify(entry, undefined, 2)}\n`);
}

function seedText(): string {
  return String(values.seed);
}
