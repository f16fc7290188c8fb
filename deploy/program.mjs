// Second half of `npm run build`: makes one program of dist/runtime/main.js and everything it imports, in the same place,
// with a part for each thing that is imported later. Loading hundreds of modules one by one takes longer than all the
// rest of the start. Packages that only some starts need stay outside.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('../dist/runtime', import.meta.url));
const require = createRequire(import.meta.url);
for (const name of readdirSync(folder)) if (name.startsWith('part-')) rmSync(`${folder}/${name}`);

/** Packages of every start. */
const always = [
  '@fastify/busboy',
  'acorn',
  'acorn-walk',
  'commander',
  'fast-xml-parser',
  'fflate',
  'pino',
  'saxes',
  'undici',
  'yauzl',
];
const { dependencies } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** Of undici its connections alone: the package's own entry also loads fetch, WebSocket and caches. */
const undici = {
  name: 'undici',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'connections' }));
    onLoad({ filter: /.*/, namespace: 'connections' }, () => ({
      contents: `
        export { default as Client } from 'undici/lib/dispatcher/client.js';
        export { default as buildConnector } from 'undici/lib/core/connect.js';
        export { default as errors } from 'undici/lib/core/errors.js';`,
      resolveDir: require.resolve('undici').replace(/index\.js$/, '../..'),
    }));
  },
};

await build({
  entryPoints: [`${folder}/main.js`],
  outdir: folder,
  allowOverwrite: true,
  bundle: true,
  splitting: true,
  chunkNames: 'part-[hash]',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // Identifiers stay: they are what a stack or a profile shows.
  minifyWhitespace: true,
  minifySyntax: true,
  sourcemap: true,
  legalComments: 'linked',
  external: Object.keys(dependencies).filter((name) => !always.includes(name)),
  plugins: [undici],
  // CommonJS packages ask for Node's own modules by `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
