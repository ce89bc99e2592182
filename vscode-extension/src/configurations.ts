// From nothing, or from launch.json, to what the adapter is asked for.
import * as vscode from 'vscode';
import { adapterOrWord } from './adapter';
import { buildFor } from './build';
import { choose, configurationOf, offersOf } from './choices';
import { resolveLens } from './lens';
import { pickProcess } from './picker';
import { ptraceAdvice, ptraceScope } from './processes';
import { isRust, otherTypes, ours } from './takeover';

// False if the person would rather not go on.
async function mayTrace(request: 'launch' | 'attach'): Promise<boolean> {
  const advice = ptraceAdvice(await ptraceScope(), process.getuid?.() ?? 0, request);
  if (!advice) return true;
  const buttons = advice.command ? ['Run in Terminal', 'Copy Command', 'Try Anyway'] : ['Try Anyway'];
  const text = advice.command ? `${advice.message} Until the next start of the machine this mends it: ${advice.command}` : advice.message;
  const button = await vscode.window.showWarningMessage(text, ...buttons);
  if (button === 'Copy Command' && advice.command) await vscode.env.clipboard.writeText(advice.command);
  if (button === 'Run in Terminal' && advice.command) {
    const terminal = vscode.window.createTerminal('ptrace_scope');
    terminal.show();
    terminal.sendText(advice.command, false); // it asks for a password: the person sends it
  }
  return button === 'Try Anyway';
}

// Where the person has ended the session that is to come, VS Code goes on with a configuration, and complains: "Canceled".
function unlessEnded(config: vscode.DebugConfiguration | undefined, token: vscode.CancellationToken | undefined): vscode.DebugConfiguration | undefined {
  return token?.isCancellationRequested ? undefined : config;
}

export class Configurations implements vscode.DebugConfigurationProvider {
  constructor(
    private readonly extension: string,
    private readonly log: vscode.LogOutputChannel,
    private readonly memory: vscode.Memento,
  ) {}

  async provideDebugConfigurations(folder: vscode.WorkspaceFolder | undefined): Promise<vscode.DebugConfiguration[]> {
    try {
      return (await offersOf(folder ? [folder] : (vscode.workspace.workspaceFolders ?? []))).map((one) => configurationOf(one, folder));
    } catch (error) {
      this.log.error(String(error));
      return [];
    }
  }

  async resolveDebugConfiguration(folder: vscode.WorkspaceFolder | undefined, config: vscode.DebugConfiguration, token?: vscode.CancellationToken): Promise<vscode.DebugConfiguration | undefined> {
    try {
      if (config.request || config.name) return unlessEnded(await resolveLens(config), token); // F5 without a launch.json gives none of them
      return unlessEnded(await choose(folder, this.memory, token), token);
    } catch (error) {
      return complain(error, this.log);
    }
  }

  async resolveDebugConfigurationWithSubstitutedVariables(folder: vscode.WorkspaceFolder | undefined, config: vscode.DebugConfiguration, token?: vscode.CancellationToken): Promise<vscode.DebugConfiguration | undefined> {
    if (!config['connect'] && !adapterOrWord(this.extension, this.log)) return undefined; // before anything is built
    try {
      const request = config.request === 'attach' ? 'attach' : 'launch';
      const core = ['coreFile', 'coreDumpPath', 'coreFilePath'].some((key) => config[key] !== undefined);
      if (core) return config;
      if (!config['connect'] && !(await mayTrace(request))) return undefined;
      let ready = config;
      if (request === 'attach' && ready['pid'] === undefined && ready['processId'] === undefined && !ready['program'] && !ready['connect']) {
        const pid = await pickProcess(token);
        if (pid === undefined) return undefined;
        ready = { ...ready, pid };
      }
      if (ready['cargo'] === undefined) return unlessEnded(ready, token);
      return unlessEnded(await buildFor(ready, folder, this.log, token ?? new vscode.CancellationTokenSource().token), token);
    } catch (error) {
      return complain(error, this.log);
    }
  }
}

// Sessions that other extensions start for Rust, if the person wants them here.
export const takeOver: vscode.DebugConfigurationProvider = {
  async resolveDebugConfiguration(folder, config) {
    if (!vscode.workspace.getConfiguration('stackful').get<boolean>('takeOver', false) || !otherTypes.includes(config.type)) return config;
    const at = folder ?? vscode.workspace.workspaceFolders?.[0];
    return (await isRust(config, at?.uri.fsPath ?? '')) ? (ours(config) as vscode.DebugConfiguration) : config;
  },
};

// Nobody waits for the button: the next F5 is not taken before this one's configuration is resolved.
function complain(error: unknown, log: vscode.LogOutputChannel): undefined {
  const text = error instanceof Error ? error.message : String(error);
  log.error(text);
  void vscode.window.showErrorMessage(text, 'Show Output').then((button) => button && log.show());
}
