// What VS Code starts: ties the parts together. Each part is a file; those that know no VS Code have tests.
import * as vscode from 'vscode';
import { Adapter } from './adapter';
import { Configurations, takeOver } from './configurations';
import { debugAt, Lenses } from './lens';
import { pickProcess } from './picker';

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('stackful');
  const configurations = new Configurations(log);
  const command = (name: string, run: (...args: never[]) => unknown): vscode.Disposable => vscode.commands.registerCommand(`stackful.${name}`, run);
  context.subscriptions.push(
    log,
    vscode.debug.registerDebugAdapterDescriptorFactory('stackful', new Adapter(context.extensionPath, log)),
    vscode.debug.registerDebugConfigurationProvider('stackful', configurations),
    vscode.debug.registerDebugConfigurationProvider('stackful', { provideDebugConfigurations: (folder) => configurations.provideDebugConfigurations(folder) }, vscode.DebugConfigurationProviderTriggerKind.Dynamic),
    vscode.debug.registerDebugConfigurationProvider('lldb', takeOver),
    vscode.debug.registerDebugConfigurationProvider('lldb-dap', takeOver),
    vscode.languages.registerCodeLensProvider({ language: 'rust', scheme: 'file' }, new Lenses()),
    command('pickProcess', pickProcess),
    command('debugAt', debugAt),
    command('debugTarget', () => vscode.debug.startDebugging(vscode.workspace.workspaceFolders?.[0], { type: 'stackful', request: '', name: '' })),
    command('attach', () => vscode.debug.startDebugging(undefined, { type: 'stackful', request: 'attach', name: 'Attach' })),
    command('showLog', () => log.show()),
  );
}

export function deactivate(): void {}
