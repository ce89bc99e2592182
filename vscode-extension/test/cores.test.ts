import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCore } from '../src/cores';

test('a core file is told from a program and from text', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cores-'));
  try {
    const head = Buffer.alloc(64);
    head.write('\x7fELF', 'latin1');
    head[4] = 2;
    head[5] = 1;
    head.writeUInt16LE(4, 16);
    head.writeUInt16LE(62, 18);
    const file = (name: string, data: Buffer | string): string => {
      writeFileSync(join(folder, name), data);
      return join(folder, name);
    };
    assert.equal(await isCore(file('core', head)), true);
    assert.equal(await isCore(process.execPath), false);
    assert.equal(await isCore(file('core.rs', '// no core, only named like one\n')), false);
    assert.equal(await isCore(file('short', head.subarray(0, 7))), false);
    assert.equal(await isCore(join(folder, 'none')), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
