// A session through VS Code's own test client for adapters. usage: official.mjs ADAPTER PROGRAM SOURCE
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { DebugClient } = createRequire(new URL('../../vscode-extension/package.json', import.meta.url))('@vscode/debugadapter-testsupport');
const [adapter, program, source] = [process.argv[2], process.argv[3], realpathSync(process.argv[4])];
const line = readFileSync(source, 'utf8').split('\n').findIndex((text) => text.endsWith('// MARK: accept')) + 1;
const folder = mkdtempSync(join(tmpdir(), 'official-'));
const script = join(folder, 'adapter.sh'); // the client starts "sh SCRIPT"
const checker = new URL('record.py', import.meta.url).pathname;
const record = join(folder, 'official.jsonl');

async function session(play) {
  writeFileSync(script, `exec '${adapter}' --record '${record}'\n`);
  const client = new DebugClient('sh', script, 'stackful');
  client.defaultTimeout = 60000 * Number(process.env.STACKFUL_TEST_PATIENCE ?? 1);
  await client.start();
  try {
    await play(client);
  } finally {
    await client.stop(); // disconnects, a second time where the session did
  }
}

try {
  assert.ok(line > 0, 'the source has no such mark');
  await session(async (client) => {
    await client.hitBreakpoint({ program, args: ['127.0.0.1:0'] }, { path: source, line }, { line }); // where the debug info has the file is no matter
    const { body: { threads } } = await client.threadsRequest();
    const root = threads.find((thread) => thread.name.startsWith('block_on · echo::main'));
    assert.ok(root, JSON.stringify(threads));
    const { body: { stackFrames } } = await client.stackTraceRequest({ threadId: root.id });
    assert.ok(stackFrames.some((frame) => frame.name === 'echo::main' && frame.line === line), JSON.stringify(stackFrames));
    const { body: { result } } = await client.evaluateRequest({ expression: 'async backtrace', context: 'repl' });
    assert.match(result, /echo::main/);
    await client.disconnectRequest({ terminateDebuggee: true });
  });
  console.log(execFileSync(checker, [record], { encoding: 'utf8' }).trim()); // not of the next one, which comes to no session
  await session(async (client) => {
    await client.initializeRequest();
    await assert.rejects(client.launchRequest({ program: join(folder, 'none') }), /none/);
  });
  console.log('official: breakpoint, threads, stack, console, a launch that fails: well');
} finally {
  rmSync(folder, { recursive: true });
}
