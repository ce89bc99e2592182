// Bundles the extension into dist/extension.js; with --tests: each test of test/ into dist-test/.
import { build } from 'esbuild';
import { readdirSync, rmSync } from 'node:fs';

const tests = process.argv.includes('--tests');
const outdir = tests ? 'dist-test' : 'dist';
rmSync(outdir, { recursive: true, force: true });
await build({
  entryPoints: tests ? readdirSync('test').filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`) : ['src/extension.ts'],
  outdir,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node18',
  external: ['vscode'],
  sourcemap: true,
});
