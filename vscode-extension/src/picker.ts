// The process picker: programs that carry tokio first.
import * as vscode from 'vscode';
import { isCore } from './cores';
import { listProcesses } from './processes';

export async function pickProcess(token?: vscode.CancellationToken): Promise<string | undefined> {
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
  const picked = await vscode.window.showQuickPick(items, { title: 'Attach to which process?', matchOnDescription: true, matchOnDetail: true }, token);
  return picked?.pid === undefined ? undefined : String(picked.pid);
}

const coreNames = '**/{core,core.*,*.core}';

// The core file picker: those of the workspace, newest first, then any other file.
export async function pickCore(): Promise<string | undefined> {
  const rows = (async () => {
    const uris = await vscode.workspace.findFiles(coreNames, '**/{node_modules,.git,src}/**', 500);
    const cores = await Promise.all(uris.filter((uri) => uri.scheme === 'file').map(async (uri) => ((await isCore(uri.fsPath)) ? { uri, stat: await vscode.workspace.fs.stat(uri) } : undefined)));
    const found = cores.filter((one) => one !== undefined).sort((a, b) => b.stat.mtime - a.stat.mtime);
    const items: (vscode.QuickPickItem & { path?: string })[] = found.map(({ uri, stat }) => ({ label: vscode.workspace.asRelativePath(uri), description: `${new Date(stat.mtime).toLocaleString()} · ${Math.ceil(stat.size / 1e6)} MB`, path: uri.fsPath }));
    return [...items, { label: '$(folder-opened) Another file…' }];
  })();
  const picked = await vscode.window.showQuickPick(rows, { title: 'Which core file?', placeHolder: 'coredumpctl dump --output=core writes one of systemd' });
  if (!picked || picked.path) return picked?.path;
  const [uri] = (await vscode.window.showOpenDialog({ title: 'Core file', openLabel: 'Debug' })) ?? [];
  return uri?.fsPath;
}
