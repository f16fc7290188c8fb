// What `npm test` runs once the build is done: every test/**/*.test.ts, compiled. Words given after `npm test --` choose
// the files whose path holds one of them. Failures and skipped tests are told in full; the last line sums up.
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const built = join(root, 'dist');
const words = process.argv.slice(2);

const sources = readdirSync(join(root, 'test'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .filter((name) => words.length === 0 || words.some((word) => name.split(sep).join('/').includes(word)))
  .sort();
const files = sources.map((name) => join(built, name.replace(/\.ts$/, '.js')));
const missing = files.filter((file) => !existsSync(file));

if (files.length === 0) fail('There is no test to run.');
else if (missing.length > 0)
  fail(`Not built: ${missing.map((file) => relative(root, file)).join(', ')}. Run: npm run build`);
else await runAll();

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}

/** Several files at a time, each in a process of its own; a file's findings are told when they come. */
async function runAll() {
  const started = Date.now();
  const count = { passed: 0, failed: 0, skipped: 0 };
  const waiting = [...files];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) await runFile(file, count);
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, work));
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const skipped = count.skipped === 0 ? '' : `, ${count.skipped} skipped (see above)`;
  console.log(`${files.length} test files in ${seconds} s${skipped}`);
  console.log(`${count.passed} passed, ${count.failed} failed`);
  if (count.failed > 0 || count.passed === 0) process.exitCode = 1;
}

function runFile(file, count) {
  /** Names of the tests under way, outermost first: a failure is told with its whole title. */
  let titles = [];
  const titleOf = ({ name, nesting }) => {
    const own = name === file ? [] : [...titles.slice(0, nesting), name];
    return [relative(built, file).replace(/\.js$/, '.ts'), ...own].join(' > ');
  };
  const isSkipped = (test) => {
    if (test.skip === undefined && test.todo === undefined) return false;
    count.skipped++;
    const why = [test.skip, test.todo].find((reason) => typeof reason === 'string' && reason !== '');
    console.log(`SKIPPED ${titleOf(test)}: ${why ?? 'no reason given'}`);
    return true;
  };
  return new Promise((resolve, reject) => {
    run({ files: [file], timeout: 300_000 })
      .on('test:start', ({ name, nesting }) => {
        titles = [...titles.slice(0, nesting), name];
      })
      .on('test:pass', (test) => {
        if (!isSkipped(test) && test.details.type !== 'suite') count.passed++;
      })
      .on('test:fail', (test) => {
        // A test that failed only because one below it did adds nothing.
        const { error } = test.details;
        if (error?.failureType === 'subtestsFailed' || isSkipped(test)) return;
        count.failed++;
        console.log(`\nFAILED ${titleOf(test)}\n    ${explain(error?.cause ?? error).join('\n    ')}\n`);
      })
      .on('test:stderr', ({ message }) => process.stderr.write(message))
      .on('end', resolve)
      .on('error', reject)
      .resume();
  });
}

/** What went wrong, and where in our own files. */
function explain(error) {
  const text = error instanceof Error ? (error.stack ?? error.message) : inspect(error);
  return text.split('\n').filter((line) => !/^\s+at .*\bnode:/.test(line));
}
