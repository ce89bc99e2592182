// The Tasks view: groups, tasks page by page, their awaits; filter, copy, and a click that goes to the line.
import * as vscode from 'vscode';
import { askTasks, askTree, type AwaitNode, type GroupBy, type GroupRow, type Place, run, type TaskRow, treeOf } from './protocol';
import type { Sessions } from './sessions';

const pageSize = 200;
const introduced = 'stackful.tasks.introduced';

interface Group {
  kind: 'group';
  row: GroupRow;
  loaded: Node[];
  total: number;
}
interface Task {
  kind: 'task';
  row: TaskRow;
}
interface Await {
  kind: 'await';
  node: AwaitNode;
}
interface More {
  kind: 'more';
  of: Group | undefined;
  left: number;
}
type Node = Group | Task | Await | More;

function open(place: Place): vscode.Command | undefined {
  return place.source?.path && place.line > 0 ? { command: 'stackful.goTo', title: 'Go to', arguments: [place] } : undefined;
}

export async function goTo(place: Place, column?: vscode.ViewColumn): Promise<void> {
  if (!place.source?.path || place.line < 1) return;
  const at = new vscode.Position(place.line - 1, Math.max(0, place.column - 1));
  await vscode.window.showTextDocument(vscode.Uri.file(place.source.path), { selection: new vscode.Range(at, at), preserveFocus: true, ...(column === undefined ? {} : { viewColumn: column }) });
}

function where(place: Place): string {
  return place.line > 0 && place.source?.name ? `${place.source.name}:${place.line}` : '';
}

// A place's key is a whole path; "" is that of tasks that run or are done.
function labelOf(row: GroupRow): string {
  return row.line ? where(row as Place) || row.key : row.key || 'not suspended';
}

const icons: Record<string, string> = { running: 'play', queued: 'clock', idle: 'debug-pause', complete: 'check', cancelled: 'circle-slash' };

export class Tasks implements vscode.TreeDataProvider<Node> {
  private readonly emitter = new vscode.EventEmitter<Node | undefined>();
  readonly onDidChangeTreeData = this.emitter.event;
  private readonly view: vscode.TreeView<Node>;
  private groupBy: GroupBy = 'root';
  private filter = '';
  private flat: { loaded: Node[]; total: number } = { loaded: [], total: 0 };
  private readonly unfolded = new Set<string>(); // ids of items, which VS Code forgets as long as the program runs
  private round = 0; // answers to an earlier stop are thrown away

  constructor(
    private readonly sessions: Sessions,
    private readonly memory: vscode.Memento,
  ) {
    this.view = vscode.window.createTreeView('stackful.tasks', { treeDataProvider: this, showCollapseAll: true });
    sessions.onChange(() => {
      this.refresh();
      void this.introduce();
    });
    this.view.onDidExpandElement(({ element }) => this.unfolded.add(this.idOf(element) ?? ''));
    this.view.onDidCollapseElement(({ element }) => this.unfolded.delete(this.idOf(element) ?? ''));
    this.view.onDidChangeVisibility(({ visible }) => visible && this.refresh());
  }

  refresh(): void {
    this.round++;
    this.flat = { loaded: [], total: 0 };
    this.emitter.fire(undefined);
  }

  dispose(): void {
    this.view.dispose();
  }

  // VS Code folds new views of the debugger. At the first stop with tasks of all this one is unfolded; then it stays as it is left.
  private async introduce(): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session || this.memory.get<boolean>(introduced) || !vscode.workspace.getConfiguration('stackful').get<boolean>('unfoldTasks', true)) return;
    const page = await askTasks(session, { count: 0 }).catch(() => undefined);
    if (!page?.all || this.memory.get<boolean>(introduced)) return;
    await this.memory.update(introduced, true);
    await vscode.commands.executeCommand('stackful.tasks.focus', { preserveFocus: true });
  }

  // ---- rows

  private idOf(node: Node): string | undefined {
    return node.kind === 'group' ? `${this.groupBy} ${node.row.key}` : node.kind === 'task' ? `task ${node.row.id}` : undefined;
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = this.itemOf(node);
    const id = this.idOf(node);
    if (id === undefined) return item;
    item.id = id;
    if (this.unfolded.has(id)) item.collapsibleState = vscode.TreeItemCollapsibleState.Expanded;
    return item;
  }

  private itemOf(node: Node): vscode.TreeItem {
    const { None, Collapsed } = vscode.TreeItemCollapsibleState;
    if (node.kind === 'group') {
      const item = new vscode.TreeItem(labelOf(node.row), Collapsed);
      item.description = `× ${node.row.count}`;
      const command = node.row.line === undefined ? undefined : open(node.row as Place);
      if (command) item.command = command;
      item.contextValue = 'group';
      return item;
    }
    if (node.kind === 'more') {
      const item = new vscode.TreeItem(`Show ${Math.min(node.left, pageSize)} more of ${node.left}…`, None);
      item.command = { command: 'stackful.tasks.more', title: 'More', arguments: [node] };
      return item;
    }
    if (node.kind === 'task') {
      const { row } = node;
      const item = new vscode.TreeItem(`task ${row.id} · ${row.root || 'future not known'}`, Collapsed);
      item.description = [row.text, where(row)].filter((part) => part).join(' · ');
      item.tooltip = [`task ${row.id}`, row.root, row.text, row.runtime, row.note].filter((part) => part).join('\n');
      item.iconPath = new vscode.ThemeIcon(row.pinned ? 'pinned' : (icons[row.state] ?? 'circle-outline'));
      item.contextValue = row.pinned ? 'pinnedTask' : 'task';
      const command = open(row);
      if (command) item.command = command;
      return item;
    }
    const { row, children } = node.node;
    const item = new vscode.TreeItem(row.name, children.length ? vscode.TreeItemCollapsibleState.Expanded : None);
    item.description = [row.waits, where(row)].filter((part) => part).join(' · ');
    item.iconPath = new vscode.ThemeIcon(row.branch ? 'git-branch' : row.waits ? 'watch' : row.library ? 'library' : 'symbol-function');
    const command = open(row);
    if (command) item.command = command;
    return item;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const session = this.sessions.currentStopped;
    if (!session) {
      this.view.message = this.sessions.current ? 'The program runs; tasks are listed when it stops.' : undefined;
      this.view.description = undefined;
      return [];
    }
    try {
      if (!node) return await this.roots(session);
      if (node.kind === 'group') {
        if (node.loaded.length === 0) await this.load(session, node);
        return this.withMore(node);
      }
      if (node.kind === 'task') return treeOf(await askTree(session, node.row.id)).map((one) => ({ kind: 'await', node: one }));
      return node.kind === 'await' ? node.node.children.map((one) => ({ kind: 'await', node: one })) : [];
    } catch (error) {
      this.view.message = error instanceof Error ? error.message : String(error);
      return [];
    }
  }

  private async roots(session: vscode.DebugSession): Promise<Node[]> {
    const round = this.round;
    if (this.groupBy === 'none') {
      if (this.flat.loaded.length === 0) await this.load(session, undefined);
      return this.withMore(undefined);
    }
    const page = await askTasks(session, { groupBy: this.groupBy, count: 5000, ...this.filterPart() });
    if (round !== this.round) return [];
    this.tell(page.all, (page.groups ?? []).reduce((sum, group) => sum + group.count, 0));
    return (page.groups ?? []).map((row) => ({ kind: 'group', row, loaded: [], total: row.count }));
  }

  private filterPart(): { filter?: string } {
    return this.filter ? { filter: this.filter } : {};
  }

  private tell(all: number, shown: number): void {
    const count = `${all} task${all === 1 ? '' : 's'}`;
    this.view.message = this.filter ? `${shown} of ${count} match ${this.filter}` : all === 0 ? 'The program has no tasks now.' : undefined;
    this.view.description = this.filter ? `${shown} of ${all}` : String(all);
  }

  private async load(session: vscode.DebugSession, group: Group | undefined): Promise<void> {
    const round = this.round;
    const list = group ?? this.flat;
    const query = group ? { groupBy: this.groupBy, group: group.row.key } : {};
    const page = await askTasks(session, { ...query, ...this.filterPart(), start: list.loaded.length, count: pageSize });
    if (round !== this.round) return;
    list.loaded.push(...(page.tasks ?? []).map((row): Task => ({ kind: 'task', row })));
    list.total = page.total;
    if (!group) this.tell(page.all, page.total);
  }

  private withMore(group: Group | undefined): Node[] {
    const { loaded, total } = group ?? this.flat;
    return loaded.length < total ? [...loaded, { kind: 'more', of: group, left: total - loaded.length }] : [...loaded];
  }

  // ---- commands

  async more(node: More): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session) return;
    await this.load(session, node.of);
    this.emitter.fire(node.of);
  }

  async askFilter(): Promise<void> {
    const text = await vscode.window.showInputBox({
      title: 'Show only tasks whose root future matches',
      prompt: 'A regular expression, as in `async task`. Empty: all.',
      value: this.filter,
      validateInput: async (value) => {
        const session = this.sessions.currentStopped;
        if (!session || !value) return undefined;
        try {
          await askTasks(session, { filter: value, count: 0 });
          return undefined;
        } catch (error) {
          return error instanceof Error ? error.message : String(error);
        }
      },
    });
    if (text === undefined) return;
    this.filter = text;
    void vscode.commands.executeCommand('setContext', 'stackful.filtered', text !== '');
    this.refresh();
  }

  clearFilter(): void {
    this.filter = '';
    void vscode.commands.executeCommand('setContext', 'stackful.filtered', false);
    this.refresh();
  }

  async askGroup(): Promise<void> {
    const items: (vscode.QuickPickItem & { by: GroupBy })[] = [
      { label: 'Root future', by: 'root' },
      { label: 'What they wait for', by: 'wait' },
      { label: 'State', by: 'state' },
      { label: 'Place', by: 'place' },
      { label: 'Runtime', by: 'runtime' },
      { label: 'No groups', by: 'none' },
    ];
    for (const item of items) item.picked = item.by === this.groupBy;
    const picked = await vscode.window.showQuickPick(items, { title: 'Group tasks by' });
    if (!picked) return;
    this.groupBy = picked.by;
    this.refresh();
  }

  async pin(node: Node | undefined, pinned: boolean): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session || node?.kind !== 'task') return;
    await run(session, `tasks ${pinned ? 'pin' : 'unpin'} ${node.row.id}`);
    node.row = { ...node.row, pinned };
    this.emitter.fire(node);
  }

  async copy(node?: Node): Promise<void> {
    const session = this.sessions.currentStopped;
    if (!session) return;
    let text: string;
    if (node?.kind === 'task') {
      const rows = await askTree(session, node.row.id);
      text = [`task ${node.row.id} · ${node.row.root} · ${node.row.text}`, ...rows.map((row) => `${'  '.repeat(row.depth + 1)}${[row.name, row.waits, where(row)].filter((part) => part).join(' · ')}`)].join('\n');
    } else text = await run(session, this.filter ? `async task ${this.filter}` : 'async backtrace all');
    await vscode.env.clipboard.writeText(text);
    vscode.window.setStatusBarMessage('Tasks copied', 2000);
  }
}
