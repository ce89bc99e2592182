// Requests of the adapter's own (adapter/README.md), and how they are asked. Knows VS Code's types only.
import type { DebugSession } from 'vscode';

export interface Place {
  source?: { name?: string; path?: string };
  line: number; // 0: none
  column: number;
}
export interface TaskRow extends Place {
  id: string;
  threadId: number;
  root: string;
  state: string;
  text: string;
  runtime: string;
  note?: string;
  pinned?: boolean;
}
export interface GroupRow extends Partial<Place> {
  key: string;
  count: number;
}
export interface AwaitRow extends Place {
  depth: number;
  name: string;
  waits?: string;
  branch: boolean;
  library: boolean;
}
export interface WorkerRow {
  runtime: number;
  index: number;
  doing: string;
  threadId?: number;
  queue?: number;
  task?: string;
}
export type GroupBy = 'none' | 'runtime' | 'root' | 'state' | 'wait' | 'place';
export interface Page {
  all: number;
  total: number;
  tasks?: TaskRow[];
  groups?: GroupRow[];
}
export interface TasksQuery {
  filter?: string;
  groupBy?: GroupBy;
  group?: string;
  start?: number;
  count?: number;
}

export async function askTasks(session: DebugSession, query: TasksQuery): Promise<Page> {
  return (await session.customRequest('stackful/tasks', query)) as Page;
}
export async function askTree(session: DebugSession, id: string): Promise<AwaitRow[]> {
  return ((await session.customRequest('stackful/taskTree', { id })) as { awaits: AwaitRow[] }).awaits;
}
export async function askWorkers(session: DebugSession): Promise<{ workers: WorkerRow[]; runtimes: { name: string; injected?: number }[] }> {
  return (await session.customRequest('stackful/workers', {})) as { workers: WorkerRow[]; runtimes: { name: string; injected?: number }[] };
}

// Where a thread is: its first frame in the person's own code, else its first one with a source.
export function placeOf(frames: Frame[]): Place | undefined {
  const sourced = frames.filter((frame) => frame.source?.path && frame.line > 0);
  const dim = (frame: Frame): boolean => frame.presentationHint === 'subtle' || frame.source?.presentationHint === 'deemphasize';
  return sourced.find((frame) => !dim(frame)) ?? sourced[0];
}
interface Frame extends Place {
  presentationHint?: string;
  source?: Place['source'] & { presentationHint?: string };
}
export async function placeOfThread(session: DebugSession, threadId: number): Promise<Place | undefined> {
  const { stackFrames } = (await session.customRequest('stackTrace', { threadId, startFrame: 0, levels: 40 })) as { stackFrames: Frame[] };
  const place = placeOf(stackFrames);
  return place && { ...place, source: { ...place.source, path: localPath(place.source?.path ?? '') } };
}

// In a remote window VS Code has made URIs of the paths in answers that it knows: "vscode-remote://HOST/src/main.rs".
export function localPath(path: string): string {
  const uri = /^[a-z][a-z0-9+.-]+:\/\/[^/]*(\/.*)$/.exec(path);
  return uri ? decodeURIComponent(uri[1] ?? '') : path;
}

// A line of the debug console; its answer without colours.
export async function run(session: DebugSession, line: string, frameId?: number): Promise<string> {
  const args = { expression: line, context: 'repl', ...(frameId === undefined ? {} : { frameId }) };
  const answer = (await session.customRequest('evaluate', args)) as { result: string };
  return plain(answer.result);
}

export function plain(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '');
}

// ---- trees out of lists

export interface AwaitNode {
  row: AwaitRow;
  children: AwaitNode[];
}

// Chains are shown flat, as stacks are: only branches go deeper.
export function treeOf(rows: AwaitRow[]): AwaitNode[] {
  const roots: AwaitNode[] = [];
  const open: { depth: number; list: AwaitNode[] }[] = [{ depth: -1, list: roots }];
  for (const row of rows) {
    while (open.length > 1 && row.depth <= (open[open.length - 1]?.depth ?? 0)) open.pop();
    const node: AwaitNode = { row, children: [] };
    open[open.length - 1]?.list.push(node);
    if (row.branch) open.push({ depth: row.depth, list: node.children });
  }
  return roots;
}

// "task 57 · net::handle_conn · idle: recv": the parts of a thread's name that is a task's.
export function taskOfThread(name: string): { id: string; root: string } | undefined {
  const parts = /^task (\d+) · (.*?) · /.exec(name + ' · ');
  return parts ? { id: parts[1] ?? '', root: parts[2] ?? '' } : undefined;
}

// The row of the call stack that a command of its context menu is for. VS Code gives the thread's number, the session's
// or the source's name, and behind it { sessionId, threadId: "thread:SESSION:1000000005" } (seen with 1.139; debugModel.ts,
// Thread.getId).
export interface CallStackRow {
  sessionId?: string;
  threadId?: number;
}
export function rowOf(told: unknown[]): CallStackRow {
  const row: CallStackRow = {};
  for (const one of told) {
    if (typeof one === 'number') row.threadId = one;
    if (typeof one !== 'object' || one === null) continue;
    const { sessionId, threadId } = one as { sessionId?: unknown; threadId?: unknown };
    if (typeof sessionId === 'string') row.sessionId = sessionId;
    const digits = /^(?:.*:)?(\d+)$/.exec(String(threadId ?? ''));
    if (digits) row.threadId = Number(digits[1]);
  }
  return row;
}

// Regular expressions (PCRE2) for `tasks filter`.
export function quoted(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}#-]/g, '\\$&');
}
export function filterOnly(root: string): string {
  return `^${quoted(root)}$`;
}
export function filterWithout(roots: string[]): string {
  return roots.length ? `^(?!(?:${roots.map(quoted).join('|')})$)` : '';
}
