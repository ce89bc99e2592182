import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AwaitRow, filterOnly, filterWithout, localPath, placeOf, plain, rowOf, taskOfThread, treeOf } from '../src/protocol';

const row = (depth: number, name: string, branch = false): AwaitRow => ({ depth, name, branch, library: false, line: 0, column: 0 });

test('chains stay flat, branches go deeper', () => {
  const tree = treeOf([row(0, 'main'), row(1, 'select'), row(2, 'branch 1', true), row(3, 'sleep'), row(2, 'branch 2', true), row(3, 'recv'), row(4, 'poll')]);
  assert.deepEqual(tree.map((one) => one.row.name), ['main', 'select', 'branch 1', 'branch 2']);
  assert.deepEqual(tree[2]?.children.map((one) => one.row.name), ['sleep']);
  assert.deepEqual(tree[3]?.children.map((one) => one.row.name), ['recv', 'poll']);
  assert.deepEqual(treeOf([]), []);
});

test('names of threads that are tasks', () => {
  assert.deepEqual(taskOfThread('task 57 · net::handle · idle: recv'), { id: '57', root: 'net::handle' });
  assert.equal(taskOfThread('worker 3 (tid 4711) · parked'), undefined);
});

test('rows of the call stack as its menu tells them', () => {
  assert.deepEqual(rowOf([1000000005, { sessionId: '8c1f', threadId: 'thread:8c1f:1000000005' }]), { sessionId: '8c1f', threadId: 1000000005 });
  assert.deepEqual(rowOf(['8c1f', { sessionId: '8c1f' }]), { sessionId: '8c1f' });
  assert.deepEqual(rowOf([7]), { threadId: 7 });
  assert.deepEqual(rowOf([undefined, null, 'file:///a.rs']), {});
});

test('filters mean the names literally', () => {
  const name = 'a::{async_block#0}<Vec<u8>>';
  assert.ok(new RegExp(filterOnly(name)).test(name));
  assert.ok(!new RegExp(filterOnly(name)).test(name + 'x'));
  const without = new RegExp(filterWithout([name, 'b']));
  assert.deepEqual([name, 'b', 'bc', 'a'].map((one) => without.test(one)), [false, false, true, true]);
});

test('colours are taken out of copied text', () => {
  assert.equal(plain('\x1b[1mTask 4\x1b[0m  idle'), 'Task 4  idle');
});

test('a thread is where its first frame of own code is', () => {
  const frame = (path: string | undefined, line: number, hint?: string, presentationHint?: string) => ({ ...(path ? { source: { path, ...(hint ? { presentationHint: hint } : {}) } } : {}), line, column: 1, ...(presentationHint ? { presentationHint } : {}) });
  const library = frame('/std/pin.rs', 3, 'deemphasize');
  assert.equal(placeOf([frame(undefined, 0), frame('/a.rs', 1, undefined, 'subtle'), library, frame('/main.rs', 7)])?.line, 7);
  assert.equal(placeOf([frame(undefined, 0), library])?.line, 3);
  assert.equal(placeOf([frame(undefined, 0)]), undefined);
  assert.equal(localPath('/src/main.rs'), '/src/main.rs');
  assert.equal(localPath('vscode-remote://ssh-remote%2Bbox/my%20src/main.rs'), '/my src/main.rs');
});
