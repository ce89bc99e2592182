// What VS Code starts: ties the parts together. Each part is a file; those that know no VS Code have tests.
import * as vscode from 'vscode';
import { Adapter } from './adapter';
import { Configurations, takeOver } from './configurations';
import { debugAt, Lenses } from './lens';
import { diagnostics } from './diagnostics';
import { CallStack } from './callstack';
import { inlineValues } from './inlinevalues';
import { Marks } from './marks';
import { pickCore, pickProcess } from './picker';
import { Sessions } from './sessions';
import { otherTypes } from './takeover';
import { goTo, Tasks } from './tasks';
import { WaitGraph } from './waitgraph';
import { Counts, Workers } from './workers';

// Of several folders that of the file in the editor.
function folderHere(): vscode.WorkspaceFolder | undefined {
  const file = vscode.window.activeTextEditor?.document.uri;
  return (file && vscode.workspace.getWorkspaceFolder(file)) ?? vscode.workspace.workspaceFolders?.[0];
}

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('stackful', { log: true });
  const configurations = new Configurations(context.extensionPath, log, context.workspaceState);
  const lenses = new Lenses();
  const sessions = new Sessions(log);
  const tasks = new Tasks(sessions, context.globalState);
  const graph = new WaitGraph(sessions, context.extensionUri);
  const callStack = new CallStack(sessions);
  const workers = new Workers(sessions);
  // What the adapter refuses is told in its words, as when the program runs again meanwhile.
  const command = (name: string, run: (...args: never[]) => unknown): vscode.Disposable =>
    vscode.commands.registerCommand(`stackful.${name}`, async (...args: never[]) => {
      try {
        return await run(...args);
      } catch (error) {
        void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
      }
    });
  context.subscriptions.push(
    log,
    vscode.debug.registerDebugAdapterDescriptorFactory('stackful', new Adapter(context.extensionPath, log)),
    vscode.debug.registerDebugConfigurationProvider('stackful', configurations),
    vscode.debug.registerDebugConfigurationProvider('stackful', { provideDebugConfigurations: (folder) => configurations.provideDebugConfigurations(folder) }, vscode.DebugConfigurationProviderTriggerKind.Dynamic),
    ...otherTypes.map((type) => vscode.debug.registerDebugConfigurationProvider(type, takeOver)),
    lenses,
    vscode.languages.registerCodeLensProvider({ language: 'rust', scheme: 'file' }, lenses),
    vscode.languages.registerInlineValuesProvider({ language: 'rust' }, inlineValues),
    vscode.debug.registerDebugAdapterTrackerFactory('stackful', sessions),
    tasks,
    graph,
    new Marks(sessions),
    new Counts(sessions),
    vscode.window.registerTreeDataProvider('stackful.workers', workers),
    command('goTo', (place: Parameters<typeof goTo>[0]) => goTo(place)),
    command('tasks.filter', () => tasks.askFilter()),
    command('tasks.clearFilter', () => tasks.clearFilter()),
    command('tasks.group', () => tasks.askGroup()),
    command('tasks.refresh', () => tasks.refresh()),
    command('tasks.copy', (node: Parameters<Tasks['copy']>[0]) => tasks.copy(node)),
    command('tasks.more', (node: Parameters<Tasks['more']>[0]) => tasks.more(node)),
    command('workers.goTo', (worker: Parameters<Workers['goTo']>[0]) => workers.goTo(worker)),
    command('waitGraph', graph.show),
    command('showAllTasks', callStack.showAll),
    command('showMyTasks', callStack.showMine),
    command('showUsualTasks', callStack.showUsual),
    command('hideLike', callStack.hideLike),
    command('onlyLike', callStack.onlyLike),
    command('pin', callStack.pin(true)),
    command('unpin', callStack.pin(false)),
    command('tasks.pin', (node: Parameters<Tasks['pin']>[0]) => tasks.pin(node, true)),
    command('tasks.unpin', (node: Parameters<Tasks['pin']>[0]) => tasks.pin(node, false)),
    command('asyncNext', callStack.step('next')),
    command('asyncFinish', callStack.step('finish')),
    command('pickProcess', () => pickProcess()),
    command('pickCore', pickCore),
    command('openCore', async () => {
      const coreFile = await pickCore();
      if (coreFile) await vscode.debug.startDebugging(folderHere(), { type: 'stackful', request: 'attach', name: 'Core', coreFile });
    }),
    command('debugAt', debugAt),
    command('debugTarget', () => vscode.debug.startDebugging(folderHere(), { type: 'stackful', request: '', name: '' })),
    command('attach', () => vscode.debug.startDebugging(folderHere(), { type: 'stackful', request: 'attach', name: 'Attach' })),
    command('copyDiagnostics', async () => {
      await vscode.env.clipboard.writeText(await diagnostics(context));
      void vscode.window.showInformationMessage('Versions and settings are in the clipboard, for a bug report.');
    }),
    command('showLog', () => log.show()),
  );
}

export function deactivate(): void {}
