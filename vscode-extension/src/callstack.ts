// Commands on the call stack: which tasks it lists, and steps of a task.
import * as vscode from 'vscode';
import { type CallStackRow, filterOnly, filterWithout, rowOf, run, taskOfThread } from './protocol';
import type { Sessions } from './sessions';

type Arguments = unknown[];

export class CallStack {
  private hidden: string[] = [];

  constructor(private readonly sessions: Sessions) {
    vscode.debug.onDidStartDebugSession(() => (this.hidden = []));
  }

  private async say(context: CallStackRow | undefined, line: string, frameId?: number): Promise<void> {
    const session = this.sessions.byId(context?.sessionId);
    if (!session) return;
    try {
      await run(session, line, frameId);
    } catch (error) {
      void vscode.window.showErrorMessage(`${line}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async task(context: CallStackRow | undefined): Promise<{ id: string; root: string } | undefined> {
    const session = this.sessions.byId(context?.sessionId);
    const id = context?.threadId;
    if (!session || id === undefined) return undefined;
    const { threads } = (await session.customRequest('threads')) as { threads: { id: number; name: string }[] };
    const thread = threads.find((one) => one.id === id);
    return thread && taskOfThread(thread.name);
  }

  private async show(context: CallStackRow | undefined, which: string): Promise<void> {
    this.hidden = [];
    await this.say(context, 'tasks filter');
    await this.say(context, `tasks show ${which}`);
  }

  showAll = (...row: Arguments): Promise<void> => this.show(rowOf(row), 'all');
  showMine = (...row: Arguments): Promise<void> => this.show(rowOf(row), 'user');
  showUsual = (...row: Arguments): Promise<void> => this.show(rowOf(row), 'smart');

  hideLike = async (...row: Arguments): Promise<void> => {
    const context = rowOf(row);
    const task = await this.task(context);
    if (!task) return void vscode.window.showInformationMessage('That row is no task.');
    this.hidden.push(task.root);
    await this.say(context, `tasks filter ${filterWithout(this.hidden)}`);
  };

  onlyLike = async (...row: Arguments): Promise<void> => {
    const context = rowOf(row);
    const task = await this.task(context);
    if (!task) return void vscode.window.showInformationMessage('That row is no task.');
    this.hidden = [];
    await this.say(context, `tasks filter ${filterOnly(task.root)}`);
  };

  pin = (pinned: boolean) => async (...row: Arguments): Promise<void> => {
    const context = rowOf(row);
    const task = await this.task(context);
    if (!task) return void vscode.window.showInformationMessage('That row is no task.');
    await this.say(context, `tasks ${pinned ? 'pin' : 'unpin'} ${task.id}`);
  };

  // In the task of the row whose menu it is, or that is selected in the call stack; else in the stopped one.
  step = (command: 'next' | 'finish') => async (...row: Arguments): Promise<void> => {
    const item = vscode.debug.activeStackItem;
    const clicked = rowOf(row);
    const context = clicked.threadId === undefined && item ? { sessionId: item.session.id, threadId: item.threadId } : clicked;
    const task = await this.task(context).catch(() => undefined);
    const frame = item && 'frameId' in item && item.threadId === context.threadId ? item.frameId : undefined;
    await this.say(context, `async ${command}${task ? ` ${task.id}` : ''}`, frame);
  };
}
