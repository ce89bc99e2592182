import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findAdapter } from '../src/find';
import { listProcesses, ptraceAdvice } from '../src/processes';

function folder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'stackful-test-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

test('the adapter: setting, then bundled, then PATH; a message otherwise', () => {
  using at = folder();
  const make = (path: string): string => {
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '#!/bin/sh\n');
    chmodSync(path, 0o755);
    return path;
  };
  const none = findAdapter('', at.path, `${at.path}/no:`);
  assert.ok('message' in none && none.message.includes('stackful.adapter'));
  const onPath = make(join(at.path, 'path', 'stackful'));
  assert.deepEqual(findAdapter('', at.path, join(at.path, 'path')), { path: onPath, from: 'PATH' });
  const bundled = make(join(at.path, 'bin', 'stackful'));
  assert.deepEqual(findAdapter('', at.path, join(at.path, 'path')), { path: bundled, from: 'bundled' });
  const own = make(join(at.path, 'own'));
  assert.deepEqual(findAdapter(own, at.path, ''), { path: own, from: 'setting' });
  const wrong = findAdapter(`${own}.not`, at.path, ''); // never silently another one
  assert.ok('message' in wrong && wrong.message.includes(`${own}.not`));
});

test('what the kernel forbids is told with its remedy', () => {
  assert.equal(ptraceAdvice('0\n', 1000, 'attach'), undefined);
  assert.equal(ptraceAdvice(undefined, 1000, 'attach'), undefined);
  assert.equal(ptraceAdvice('1\n', 1000, 'launch'), undefined);
  assert.match(ptraceAdvice('1\n', 1000, 'attach')?.command ?? '', /ptrace_scope=0$/);
  assert.equal(ptraceAdvice('1\n', 0, 'attach'), undefined);
  assert.match(ptraceAdvice('2\n', 1000, 'launch')?.command ?? '', /ptrace_scope=1$/);
  assert.equal(ptraceAdvice('3\n', 0, 'launch')?.command, undefined);
});

test('programs that carry tokio come first', async () => {
  using at = folder();
  const plain = join(at.path, 'plain');
  const carrying = join(at.path, 'carrying');
  copyFileSync('/bin/sleep', plain);
  copyFileSync('/bin/sleep', carrying);
  writeFileSync(carrying, Buffer.alloc((1 << 20) - 37 - 4, 0), { flag: 'a' }); // so that the mark may cross two pieces
  writeFileSync(carrying, '/registry/src/tokio-1.47.0/src/lib.rs', { flag: 'a' });
  const debuggerItself = join(at.path, 'stackful');
  copyFileSync(carrying, debuggerItself);
  const children = [spawn(carrying, ['60']), spawn(plain, ['60']), spawn(debuggerItself, ['60'])];
  try {
    await Promise.all(children.map((child) => new Promise((resolve) => child.once('spawn', resolve))));
    const list = await listProcesses(process.getuid?.() ?? 0);
    const place = (name: string): number => list.findIndex((one) => one.executable === join(at.path, name));
    assert.ok(place('carrying') >= 0 && place('plain') > place('carrying'));
    assert.equal(list[place('carrying')]?.tokio, true);
    assert.equal(list[place('plain')]?.tokio, false);
    assert.equal(list[place('stackful')]?.tokio, false);
  } finally {
    children.forEach((child) => child.kill());
  }
});
