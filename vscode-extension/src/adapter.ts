// Starts the adapter, or tells what to do if it is nowhere.
import * as vscode from 'vscode';
import { rebuild } from './build';
import { findAdapter, type Found } from './find';

const setting = 'stackful.adapter';

// The adapter, or undefined: then the person has been told.
export function adapterOrWord(extension: string, log: vscode.LogOutputChannel): Found | undefined {
  const found = findAdapter(vscode.workspace.getConfiguration().get<string>(setting, ''), extension, process.env['PATH'] ?? '');
  if ('path' in found) return found;
  log.error(found.message);
  void vscode.window.showErrorMessage(found.message, 'Open Setting').then((button) => {
    // Of a remote machine, its own settings: those of the user don't have this one.
    if (button) void vscode.commands.executeCommand(vscode.env.remoteName ? 'workbench.action.openRemoteSettings' : 'workbench.action.openSettings', { query: setting });
  });
  return undefined;
}

export class Adapter implements vscode.DebugAdapterDescriptorFactory {
  private readonly started = new Set<string>(); // sessions; one that is started anew keeps its number

  constructor(
    private readonly extension: string,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  async createDebugAdapterDescriptor(session: vscode.DebugSession): Promise<vscode.DebugAdapterDescriptor | undefined> {
    if (this.started.has(session.id) && session.configuration['cargo'] !== undefined) await rebuild(session.configuration, this.log);
    this.started.add(session.id);
    const connect = session.configuration['connect'] as unknown;
    if (typeof connect === 'string') {
      const parts = /^(?:(.+):)?(\d+)$/.exec(connect);
      if (!parts) throw new Error(`connect: expected HOST:PORT, not "${connect}"`);
      return new vscode.DebugAdapterServer(Number(parts[2]), parts[1]?.replace(/^\[(.*)\]$/, '$1'));
    }
    const settings = vscode.workspace.getConfiguration('stackful');
    const found = adapterOrWord(this.extension, this.log);
    if (!found) throw new Error('The stackful executable is missing.');
    const args: string[] = [];
    for (const option of ['log', 'record']) {
      const file = settings.get<string>(option, '');
      if (file) args.push(`--${option}`, file);
    }
    this.log.info(`adapter: ${[found.path, ...args].join(' ')} (${found.from})`);
    return new vscode.DebugAdapterExecutable(found.path, args);
  }
}
