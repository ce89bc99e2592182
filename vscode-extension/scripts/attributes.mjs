// Writes package.json's configurationAttributes from attributes.json; with --check: says whether they are the same.
// That attributes.json and adapter/config.c know the same keys is tests/attributes.py's concern.
import { readFileSync, writeFileSync } from 'node:fs';

const here = new URL('..', import.meta.url);
const file = new URL('package.json', here);
const rows = JSON.parse(readFileSync(new URL('attributes.json', here), 'utf8'));
const text = readFileSync(file, 'utf8');
const manifest = JSON.parse(text);

function schema({ name, in: requests, same, ignored, by, text: told, ...rest }) {
  const description = told ?? (same ? `The same as \`${same}\`.` : 'Accepted for the sake of launch.json files that were made for other debuggers, and ignored.');
  return { ...rest, markdownDescription: description };
}

const attributes = {};
for (const request of ['launch', 'attach']) {
  const properties = {};
  for (const row of rows) if (row.in.split(' ').includes(request)) properties[row.name] = schema(row);
  attributes[request] = { properties };
}
manifest.contributes.debuggers[0].configurationAttributes = attributes;
const wanted = JSON.stringify(manifest, null, 2) + '\n';
if (process.argv.includes('--check')) {
  if (wanted !== text) {
    console.error('package.json is behind attributes.json: npm run generate');
    process.exit(1);
  }
} else if (wanted !== text) {
  writeFileSync(file, wanted);
}
