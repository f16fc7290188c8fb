import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { flowFaults } from '../runtime/fault.ts';
import { policies } from '../runtime/policies/index.ts';
import {
  codeOf,
  filesBelow,
  importsOf,
  places,
  repository,
  type SourceFile,
  sourceFiles,
} from './support/source-code.ts';

/** The life of a request, from top to bottom: a file imports from its own folder and from those before it. */
const layers = [
  'leaves',
  'xml',
  'schema',
  'bundle',
  'message',
  'language',
  'state',
  'script',
  'policies',
  'debug',
  'telemetry',
  'flow',
  'target',
  'deployment',
  'server',
  'management',
  'cli',
  'entry',
];

/** Where a package may be imported; a package without a row may be imported nowhere. */
const packages: Readonly<Record<string, RegExp>> = {
  '@opentelemetry/api': /^runtime\/telemetry\//,
  '@opentelemetry/core': /^runtime\/telemetry\//,
  '@opentelemetry/exporter-metrics-otlp-http': /^runtime\/telemetry\//,
  '@opentelemetry/exporter-metrics-otlp-proto': /^runtime\/telemetry\//,
  '@opentelemetry/exporter-trace-otlp-http': /^runtime\/telemetry\//,
  '@opentelemetry/exporter-trace-otlp-proto': /^runtime\/telemetry\//,
  '@opentelemetry/propagator-b3': /^runtime\/telemetry\//,
  '@opentelemetry/resources': /^runtime\/telemetry\//,
  '@opentelemetry/sdk-metrics': /^runtime\/telemetry\//,
  '@opentelemetry/sdk-trace-base': /^runtime\/telemetry\//,
  '@fastify/busboy': /^runtime\/management\/multipart\.ts$/,
  '@grpc/grpc-js': /^runtime\/target\/grpc\.ts$/,
  '@grpc/proto-loader': /^runtime\/target\/grpc\.ts$/,
  acorn: /^runtime\/script\//,
  'acorn-walk': /^runtime\/script\//,
  ajv: /^runtime\/policies\/oas-/,
  'ajv-formats': /^runtime\/policies\/oas-/,
  chokidar: /^runtime\/deployment\/reload\.ts$/,
  commander: /^runtime\/cli\//,
  'fast-xml-parser': /^runtime\/xml\//,
  fflate: /^runtime\/(bundle|cli)\//,
  'gpt-tokenizer': /^runtime\/policies\/prompt-tokenizer\.ts$/,
  graphql: /^runtime\/policies\/graphql-/,
  ldapts: /^runtime\/policies\/ldap-engine\.ts$/,
  ioredis: /^runtime\/state\/redis-connection\.ts$/,
  lmdb: /^runtime\/state\/lmdb\.ts$/,
  jose: /^runtime\/policies\/token-encryption\.ts$/,
  'libxml2-wasm': /^runtime\/language\/(xpath|xsd)\.ts$/,
  pino: /^runtime\/log\.ts$/,
  'pino-pretty': /^runtime\/log\.ts$/,
  'prom-client': /^runtime\/(management\/|metrics\.ts$)/,
  'quickjs-emscripten': /^runtime\/script\//,
  saxes: /^runtime\/xml\//,
  undici: /^runtime\/target\//,
  'xml-crypto': /^runtime\/policies\/saml-engine\.ts$/,
  yaml: /^runtime\/(policies\/oas-|cli\/convert\/)/,
  yauzl: /^runtime\/bundle\//,
};

const runtime = sourceFiles('runtime');

function layerOf(path: string): number {
  const [, folder = '', below] = path.split('/');
  if (below !== undefined) return layers.indexOf(folder);
  return layers.indexOf(/^(index|main)\.ts$/.test(folder) ? 'entry' : 'leaves');
}

describe('layers', () => {
  it('every folder of runtime has its place', () => {
    const strangers = runtime.filter((file) => layerOf(file.path) === -1).map((file) => file.path);
    assert.deepEqual(strangers, []);
  });

  it('a file imports only from its own folder and those before it', () => {
    const upward = runtime.flatMap((file) =>
      importsOf(file)
        .filter((name) => name.startsWith('runtime/') && layerOf(name) > layerOf(file.path))
        .map((name) => `${file.path} imports ${name}`),
    );
    assert.deepEqual(upward, []);
  });

  it('nothing outside of runtime is imported', () => {
    const outside = runtime.flatMap((file) =>
      importsOf(file)
        .filter((name) => /^(test|bench|bundles|schemas|dist)\//.test(name) || name.startsWith('..'))
        .map((name) => `${file.path} imports ${name}`),
    );
    assert.deepEqual(outside, []);
  });

  it('a package is imported only where it belongs', () => {
    const misplaced = runtime.flatMap((file) =>
      importsOf(file)
        .filter((name) => !name.startsWith('runtime/') && !name.startsWith('node:'))
        .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
        .filter((name) => packages[name]?.test(file.path) !== true)
        .map((name) => `${file.path} imports ${name}`),
    );
    assert.deepEqual(misplaced, []);
  });

  it('every dependency has a place, and every place is a dependency', () => {
    const manifest: unknown = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    const dependencies = (manifest as { readonly dependencies: Readonly<Record<string, string>> }).dependencies;
    assert.deepEqual(Object.keys(packages).sort(), Object.keys(dependencies).sort());
  });
});

describe('files', () => {
  const sizes = runtime.map((file) => ({ path: file.path, lines: file.text.split('\n').length - 1 }));

  it('none is longer than 400 lines', () => {
    assert.deepEqual(
      sizes.filter(({ lines }) => lines > 400),
      [],
    );
  });

  it('half of them are shorter than 100 lines', () => {
    const sorted = sizes.map(({ lines }) => lines).sort((one, other) => one - other);
    const median = sorted[sorted.length >> 1] ?? 0;
    assert.ok(median <= 100, `the median is ${median} lines`);
  });

  it('are named in kebab-case, a policy as its element, and none is a drawer for anything', () => {
    const misnamed = runtime
      .map((file) => file.path)
      .filter((path) => {
        const name = basename(path, '.ts');
        if (/^(utils?|helpers?|common|managers?|services?|misc)$|-(utils?|helpers?|manager)$/.test(name)) return true;
        return !(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || (path.startsWith('runtime/policies/') && policies.has(name)));
      });
    assert.deepEqual(misnamed, []);
  });
});

/** What the code may not hold, with a line that does: a pattern that finds nothing proves nothing. */
const refused: readonly {
  readonly name: string;
  readonly pattern: RegExp;
  readonly where?: 'text';
  readonly except?: RegExp;
  readonly example: string;
}[] = [
  {
    name: 'any',
    pattern: /(?:[:<,|&(=]|\bas|\bof|\bkeyof)\s*any\b(?!\s*[(:.])|\bany\[\]/g,
    example: 'const a: any = f(x as any, y as any[]);',
  },
  { name: 'a non-null assertion', pattern: /[\w)\]]!(?=[.,;)\]\s[])(?!\s*=)/g, example: 'const a = b!.c + d()!;' },
  {
    name: 'an empty catch',
    pattern: /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}|\.catch\(\(\w*\)\s*=>\s*\{\s*\}\)/g,
    example: 'try { f(); } catch (error) { /* why not */ }',
  },
  {
    name: 'a compiler directive',
    pattern: /@ts-(?:ignore|nocheck|expect-error)/g,
    where: 'text',
    example: '// @ts-ignore',
  },
  { name: 'a variable of the module', pattern: /^(?:export )?(?:let|var)\b/gm, example: 'export let calls = 0;' },
  {
    name: 'a collection of the module that can be written',
    pattern: /^(?:export )?const \w+(?:: (?!Readonly)[^=]+)? = new (?:Map|Set|WeakMap|WeakSet)\b/gm,
    example: 'const seen: Set<string> = new Set();',
  },
  {
    name: 'a list of the module that starts empty',
    pattern: /^(?:export )?const \w+(?:: [^=]+)? = (?:\[\]|\{\});/gm,
    example: 'const seen: string[] = [];',
  },
  {
    name: 'a class below another',
    pattern: /\bclass \w+ extends (?!\w*Error\b)\w+/g,
    // What scripts see has the classes that the platform's object model has.
    except: /^runtime\/script\/inside\//,
    example: 'class Quota extends Policy {}',
  },
];

describe('the code of runtime holds no', () => {
  for (const { name, pattern, where, except, example } of refused) {
    it(name.replace(/^an? /, ''), () => {
      const sample = { path: 'example', text: example, code: codeOf(example) };
      assert.notDeepEqual(places(sample, pattern, where), []);
      assert.deepEqual(
        runtime.filter((file) => except?.test(file.path) !== true).flatMap((file) => places(file, pattern, where)),
        [],
      );
    });
  }

  it('list of the module that is written', () => {
    assert.deepEqual(runtime.flatMap(writtenLists), []);
  });
});

function writtenLists(file: SourceFile): string[] {
  const names = [...file.code.matchAll(/^(?:export )?const (\w+)(?:: [^=]+)? = \[/gm)].map((match) => match[1] ?? '');
  return names.flatMap((name) => {
    const write = `\\b${name}\\.(?:push|pop|shift|unshift|splice|sort|reverse|fill)\\(|\\b${name}\\[[^\\]]*\\] = `;
    return places(file, new RegExp(write, 'g'));
  });
}

describe('a policy', () => {
  for (const policy of policies.values()) {
    const { element } = policy;
    it(`${element} has a declaration of its name, an XSD, a test and a page`, () => {
      const wanted = [
        `runtime/policies/${element}.ts`,
        `schemas/policies/${element}.xsd`,
        `test/policies/${element}.test.ts`,
        `docs/policies/${element}.md`,
      ];
      assert.deepEqual(
        wanted.filter((path) => !existsSync(join(repository, path))),
        [],
      );
    });

    it(`${element} documents the faults it raises, and no others`, () => {
      const page = pageOf(element);
      const codes = Object.values(policy.faults).map((fault) => fault.code);
      const known = new Set([...codes, ...Object.values(flowFaults).map((fault) => fault.code)]);
      const listed = [...page.matchAll(/^\| `([\w.]+\.[A-Z]\w+)` +\|/gm)].map((match) => match[1] ?? '');
      assert.deepEqual(
        {
          undocumented: codes.filter((code) => !page.includes(`\`${code}\``)),
          stale: listed.filter((code) => !known.has(code)),
        },
        { undocumented: [], stale: [] },
      );
    });
  }

  it('has a page only when it runs', () => {
    const pages = filesBelow('docs/policies', '.md').map((path) => basename(path, '.md'));
    assert.deepEqual(
      pages.filter((name) => name !== 'README' && !policies.has(name)),
      [],
    );
  });
});

function pageOf(element: string): string {
  const path = join(repository, 'docs', 'policies', `${element}.md`);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

describe('pages', () => {
  const pages = ['README.md', 'CHANGELOG.md', ...filesBelow('bundles', '.md'), ...filesBelow('docs', '.md')];
  for (const page of pages) {
    it(`every link of ${page} leads to a file`, () => {
      const text = readFileSync(join(repository, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '');
      const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => (match[1] ?? '').replace(/#.*$/, ''));
      const local = links.filter((link) => link !== '' && !/^https?:/.test(link));
      assert.deepEqual(
        local.filter((link) => !existsSync(join(repository, dirname(page), link))),
        [],
      );
    });
  }
});
