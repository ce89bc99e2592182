// The process picker: programs that carry tokio first.
import * as vscode from 'vscode';
import { listProcesses } from './processes';

export async function pickProcess(): Promise<string | undefined> {
  const items = listProcesses(process.getuid?.() ?? 0).then((list) => {
    const rows: (vscode.QuickPickItem & { pid?: number })[] = [];
    let last = '';
    for (const one of list) {
      const part = one.tokio ? 'with tokio' : one.mine ? 'yours' : "others'";
      if (part !== last) rows.push({ label: part, kind: vscode.QuickPickItemKind.Separator });
      last = part;
      rows.push({ label: one.name, description: String(one.pid), detail: one.command.slice(0, 300), pid: one.pid });
    }
    return rows;
  });
  const picked = await vscode.window.showQuickPick(items, { title: 'Attach to which process?', matchOnDescription: true, matchOnDetail: true });
  return picked?.pid === undefined ? undefined : String(picked.pid);
}
