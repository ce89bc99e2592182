// The Workers view, and the counts in the status bar.
import * as vscode from 'vscode';
import { askTasks, askWorkers, type Place, placeOfThread, type WorkerRow } from './protocol';
import type { Sessions } from './sessions';
import { goTo } from './tasks';

export class Workers implements vscode.TreeDataProvider<vscode.TreeItem> {
  private readonly emitter = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.emitter.event;

  constructor(private readonly sessions: Sessions) {
    sessions.onChange(() => this.emitter.fire(undefined));
  }

  getTreeItem(item: vscode.TreeItem): vscode.TreeItem {
    return item;
  }

  async getChildren(parent?: vscode.TreeItem): Promise<vscode.TreeItem[]> {
    const session = this.sessions.currentStopped;
    if (!session || parent) return [];
    const { workers, runtimes } = await askWorkers(session).catch(() => ({ workers: [], runtimes: [] }));
    const items = workers.map((worker) => {
      const item = new vscode.TreeItem(runtimes.length > 1 ? `worker ${worker.runtime}.${worker.index}` : `worker ${worker.index}`);
      item.description = [worker.doing, worker.queue ? `queue ${worker.queue}` : '', worker.threadId ? `tid ${worker.threadId}` : 'no thread'].filter((part) => part).join(' · ');
      item.tooltip = `${item.label}\n${item.description}`;
      item.iconPath = new vscode.ThemeIcon(worker.task ? 'play' : 'debug-pause');
      if (worker.threadId) item.command = { command: 'stackful.workers.goTo', title: 'Go to', arguments: [worker] };
      return item;
    });
    runtimes.forEach((runtime, index) => {
      if (runtime.injected === undefined) return;
      const item = new vscode.TreeItem(runtimes.length > 1 ? `runtime ${index}${runtime.name ? ` "${runtime.name}"` : ''}` : 'shared queue');
      item.description = `${runtime.injected} in the injection queue`;
      item.iconPath = new vscode.ThemeIcon('inbox');
      items.push(item);
    });
    return items;
  }

  // To the line where it is in the task that it polls, else where it waits.
  async goTo(worker: WorkerRow): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session || !worker.threadId) return;
    const place: Place | undefined = await placeOfThread(session, worker.threadId);
    if (place) await goTo(place);
    else vscode.window.setStatusBarMessage(`worker ${worker.index} is in code without sources here`, 4000);
  }
}

export class Counts {
  private readonly item = vscode.window.createStatusBarItem(vscode.StatusBarAlignment.Left, 10);

  constructor(private readonly sessions: Sessions) {
    this.item.command = 'stackful.tasks.focus';
    this.item.name = 'stackful: tasks';
    sessions.onChange(() => void this.update());
  }

  private async update(): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session) return this.item.hide();
    try {
      const page = await askTasks(session, { groupBy: 'state' });
      this.item.text = `$(list-tree) ${page.all} task${page.all === 1 ? '' : 's'}`;
      this.item.tooltip = (page.groups ?? []).map((group) => `${group.count} ${group.key}`).join(', ');
      this.item.show();
    } catch {
      this.item.hide(); // no tokio in this program, or it runs again
    }
  }

  dispose(): void {
    this.item.dispose();
  }
}
