import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isRust, ours } from '../src/takeover';

// What the Debug lens of rust-analyzer (of 2026-11, with the server 1.95) handed to VS Code for each debugger that may be
// installed, but for most of the environment. (It quotes `::` as a shell would not need it; the adapter splits as a shell does.)
const common = { request: 'launch', name: 'test tests::adds', cwd: '${workspaceFolder}' };
const program = '${workspaceFolder}/target/debug/deps/shop-fa52b10b7e31578d';
const args = ['tests::adds', '--exact', '--nocapture'];
const sent = {
  lldb: { type: 'lldb', ...common, program, env: { RUST_BACKTRACE: '1' }, args, sourceMap: {}, sourceLanguages: ['rust'] },
  dap: { type: 'lldb-dap', ...common, program, env: ['RUST_BACKTRACE=1'], args },
  cppdbg: { type: 'cppdbg', ...common, program, environment: [{ name: 'RUST_BACKTRACE', value: '1' }], args, sourceFileMap: {}, osx: { MIMode: 'lldb' } },
  gdb: { type: 'gdb', ...common, target: program, env: { RUST_BACKTRACE: '1' }, arguments: 'tests:\\:adds --exact --nocapture', valuesFormatting: 'prettyPrinters' },
};

test('what rust-analyzer sends, in our words', () => {
  const { type: _lldb, ...lldb } = sent.lldb;
  assert.deepEqual(ours(sent.lldb), { type: 'stackful', ...lldb });
  assert.deepEqual(ours(sent.dap), { type: 'stackful', ...common, program, env: ['RUST_BACKTRACE=1'], args });
  assert.deepEqual(ours(sent.cppdbg), { type: 'stackful', ...common, program, environment: sent.cppdbg.environment, args, sourceFileMap: {} });
  assert.deepEqual(ours(sent.gdb), { type: 'stackful', ...common, program, env: { RUST_BACKTRACE: '1' }, args: 'tests:\\:adds --exact --nocapture' });
});

test('only sessions of Rust programs are taken over', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'takeover-'));
  try {
    writeFileSync(join(folder, 'rust'), `${'\0'.repeat(5000)}/rustc/59807616e1/library/core/src/option.rs`);
    writeFileSync(join(folder, 'c'), '\x7fELF and no more');
    const at = (name: string) => ({ type: 'cppdbg', program: `\${workspaceFolder}/${name}` });
    assert.equal(await isRust(at('rust'), folder), true);
    assert.equal(await isRust({ type: 'gdb', target: '${workspaceFolder:shop}/rust' }, folder), true);
    assert.equal(await isRust(at('c'), folder), false);
    assert.equal(await isRust(at('none'), folder), false);
    assert.equal(await isRust({ ...at('c'), sourceLanguages: ['rust'] }, folder), true);
    assert.equal(await isRust({ ...at('rust'), sourceLanguages: ['cpp'] }, folder), false);
    assert.equal(await isRust({ type: 'lldb', cargo: { args: ['build'] } }, folder), true);
    assert.equal(await isRust({ type: 'lldb', pid: 7 }, folder), false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
