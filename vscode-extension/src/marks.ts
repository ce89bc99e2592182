// "37 tasks wait here" behind the lines of awaits, at each stop.
import * as vscode from 'vscode';
import { askTasks } from './protocol';
import { type Mark, marksOf, markText } from './places';
import type { Sessions } from './sessions';

const calm = 250; // ms: quick steps are not held up by counting ten thousand tasks

export class Marks {
  private readonly type = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), fontStyle: 'italic', margin: '0 0 0 3ch' },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private marks = new Map<string, Mark[]>();
  private timer: NodeJS.Timeout | undefined;
  private round = 0; // answers to an earlier stop are thrown away
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly sessions: Sessions) {
    this.subscriptions = [
      this.type,
      sessions.onChange(() => this.soon()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.paint()),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration('stackful.marks') && this.soon()),
    ];
  }

  private soon(): void {
    const round = ++this.round;
    clearTimeout(this.timer);
    const session = this.sessions.currentStopped;
    if (!session || !vscode.workspace.getConfiguration('stackful').get<boolean>('marks', true)) return this.show(new Map());
    this.timer = setTimeout(() => void this.ask(session, round), calm);
  }

  private async ask(session: vscode.DebugSession, round: number): Promise<void> {
    const page = await askTasks(session, { groupBy: 'place', count: 1000 }).catch(() => undefined); // no tokio, or it runs again
    if (round === this.round) this.show(marksOf(page?.groups ?? []));
  }

  private show(marks: Map<string, Mark[]>): void {
    if (this.marks.size === 0 && marks.size === 0) return;
    this.marks = marks;
    this.paint();
  }

  private paint(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const marks = editor.document.languageId === 'rust' ? (this.marks.get(editor.document.uri.fsPath) ?? []) : [];
      const options = marks.filter((mark) => mark.line <= editor.document.lineCount).map((mark): vscode.DecorationOptions => {
        const { range } = editor.document.lineAt(mark.line - 1);
        return { range: new vscode.Range(range.end, range.end), renderOptions: { after: { contentText: markText(mark.count) } } };
      });
      editor.setDecorations(this.type, options);
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
  }
}
