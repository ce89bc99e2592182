// Bundles the extension into dist/extension.js and the webview into dist/graph.js, and writes dist/notices.txt: the
// licences of the packages whose code is in them. With --tests: each test of test/ into dist-test/.
import { build } from 'esbuild';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const tests = process.argv.includes('--tests');
const outdir = tests ? 'dist-test' : 'dist';
const common = { outdir, bundle: true, metafile: true, target: 'node18' };
const node = { ...common, platform: 'node', format: 'cjs', external: ['vscode'], sourcemap: true };

function notices(results) {
  const inputs = results.flatMap((one) => Object.keys(one.metafile.inputs));
  const packages = new Set(inputs.map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]).filter(Boolean));
  for (const name of packages) // what a package's own file is bundled of
    for (const inner of Object.keys(manifest(name).dependencies ?? {})) packages.add(inner);
  const texts = [...packages].sort().map((name) => {
    const folder = `node_modules/${name}`;
    const licence = readdirSync(folder).find((file) => /^licen[cs]e(\.|$)/i.test(file));
    if (!licence) throw new Error(`${folder} has no licence file, so it can't be bundled`);
    const { version, license } = manifest(name);
    return `==== ${name} ${version} (${license}), in dist/graph.js\n\n${readFileSync(`${folder}/${licence}`, 'utf8').trim()}\n`;
  });
  return texts.join('\n');
}

function manifest(name) {
  const file = `node_modules/${name}/package.json`;
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

rmSync(outdir, { recursive: true, force: true });
if (tests) {
  await build({ ...node, entryPoints: readdirSync('test').filter((name) => name.endsWith('.test.ts')).map((name) => `test/${name}`) });
} else {
  const extension = await build({ ...node, entryPoints: ['src/extension.ts'] });
  const webview = await build({ ...common, entryPoints: ['webview/graph.ts'], platform: 'browser', format: 'iife', target: 'es2020', minify: true, legalComments: 'inline' });
  writeFileSync(`${outdir}/notices.txt`, notices([extension, webview]));
}
