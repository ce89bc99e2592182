// Processes that can be attached to, from /proc, and what the kernel allows. Knows no VS Code.
import { open, readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface Process {
  pid: number;
  name: string;
  command: string;
  executable: string;
  mine: boolean;
  tokio: boolean;
}

// comm of tokio's workers ("tokio-rt-worker" since 1.44, "tokio-runtime-worker" before), cut to 15 bytes by the kernel.
const workerNames = /^tokio-r(?:t-worker|untime-w)/;
// In panic locations and names of every program that has tokio in it, stripped or not.
const ofTokio = [Buffer.from('/tokio-1.'), Buffer.from('tokio::runtime')];
const pieceSize = 1 << 20;
const mostRead = 256 << 20;

const known = new Map<string, Promise<boolean>>(); // by path, size and time

// Whether one of the marks, of which each is shorter than 32 bytes, is in the file.
export async function carries(path: string, marks: Buffer[]): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const overlap = 32;
    const buffer = Buffer.alloc(pieceSize + overlap);
    let kept = 0;
    for (let at = 0; at < mostRead; ) {
      const { bytesRead } = await file.read(buffer, kept, pieceSize, at);
      if (bytesRead === 0) return false;
      at += bytesRead;
      const piece = buffer.subarray(0, kept + bytesRead);
      if (marks.some((mark) => piece.includes(mark))) return true;
      kept = Math.min(overlap, piece.length);
      piece.copy(buffer, 0, piece.length - kept);
    }
    return false;
  } finally {
    await file.close();
  }
}

async function hasWorkers(folder: string): Promise<boolean> {
  for (const tid of (await readdir(join(folder, 'task'))).slice(0, 512)) {
    const name = await readFile(join(folder, 'task', tid, 'comm'), 'utf8').catch(() => '');
    if (workerNames.test(name)) return true;
  }
  return false;
}

async function readProcess(proc: string, pid: number, uid: number): Promise<Process | undefined> {
  const folder = join(proc, String(pid));
  try {
    const words = (await readFile(join(folder, 'cmdline'), 'utf8')).split('\0').filter((word) => word);
    if (words.length === 0) return undefined; // a thread of the kernel
    const mine = (await stat(folder)).uid === uid;
    const name = (await readFile(join(folder, 'comm'), 'utf8')).trim();
    const executable = await readlink(join(folder, 'exe')).catch(() => '');
    let tokio = await hasWorkers(folder).catch(() => false);
    if (!tokio && executable && mine && basename(executable) !== 'stackful') { // which knows tokio's names
      const file = join(folder, 'exe'); // is there even if the file was deleted
      const { size, mtimeMs } = await stat(file);
      const key = `${executable} ${size} ${mtimeMs}`;
      if (!known.has(key)) known.set(key, carries(file, ofTokio).catch(() => false));
      tokio = (await known.get(key)) ?? false;
    }
    return { pid, name, command: words.join(' '), executable, mine, tokio };
  } catch {
    return undefined; // it has ended meanwhile
  }
}

// Those with tokio first, then one's own, newest first.
export async function listProcesses(uid: number, proc = '/proc'): Promise<Process[]> {
  const numbers = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(numbers.filter((pid) => pid !== process.pid).map((pid) => readProcess(proc, pid, uid)));
  const order = (one: Process): number => (one.tokio ? 0 : 2) + (one.mine ? 0 : 1);
  return all.filter((one): one is Process => one !== undefined).sort((a, b) => order(a) - order(b) || b.pid - a.pid);
}

// ---- what the kernel allows (Linux, Documentation/admin-guide/LSM/Yama.rst)

export interface Advice {
  message: string;
  command?: string; // that mends it
}

export function ptraceAdvice(scope: string | undefined, uid: number, request: 'launch' | 'attach'): Advice | undefined {
  const value = Number.parseInt(scope ?? '0', 10);
  if (value === 3) return { message: 'This machine forbids debugging altogether (kernel.yama.ptrace_scope is 3), until it is started anew with another value.' };
  if (uid === 0) return undefined;
  const command = 'sudo sysctl -w kernel.yama.ptrace_scope=' + (request === 'attach' ? '0' : '1');
  if (value === 2) return { message: 'This machine lets only administrators debug (kernel.yama.ptrace_scope is 2).', command };
  if (value === 1 && request === 'attach') return { message: 'This machine lets a debugger attach only to programs that it started itself (kernel.yama.ptrace_scope is 1).', command };
  return undefined;
}

export async function ptraceScope(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/yama/ptrace_scope', 'utf8').catch(() => undefined);
}
