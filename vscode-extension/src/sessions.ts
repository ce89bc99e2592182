// What the sessions do: who is stopped, and telling those who show it.
import * as vscode from 'vscode';

const mostTraced = 4000; // characters of a message
const step = 300; // ms: a shorter run is a step, for which nothing that is shown goes away

export class Sessions implements vscode.DebugAdapterTrackerFactory {
  private readonly stopped = new Set<string>();
  private readonly alive = new Map<string, vscode.DebugSession>();
  private readonly emitter = new vscode.EventEmitter<void>();
  readonly onChange = this.emitter.event; // a stop, its end, another session
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly log: vscode.LogOutputChannel) {
    vscode.debug.onDidChangeActiveDebugSession(() => this.changed());
  }

  // The one that views show: the active one, else any.
  get current(): vscode.DebugSession | undefined {
    const active = vscode.debug.activeDebugSession;
    return active && this.alive.has(active.id) ? active : [...this.alive.values()].pop();
  }
  get currentStopped(): vscode.DebugSession | undefined {
    const session = this.current;
    return session && this.stopped.has(session.id) ? session : undefined;
  }
  byId(id: string | undefined): vscode.DebugSession | undefined {
    return (id !== undefined ? this.alive.get(id) : undefined) ?? this.current;
  }

  private changed(): void {
    clearTimeout(this.timer);
    if (this.currentStopped || this.alive.size === 0) this.emitter.fire();
    else this.timer = setTimeout(() => this.emitter.fire(), step);
  }

  private set(session: vscode.DebugSession, stopped: boolean): void {
    if (this.stopped.has(session.id) === stopped && !stopped) return;
    if (stopped) this.stopped.add(session.id);
    else this.stopped.delete(session.id);
    this.changed();
  }

  private tellDeath(text: string): void {
    this.log.error(text);
    void vscode.window.showErrorMessage(text, 'Show Output', 'Copy Diagnostics').then((button) => {
      if (button === 'Show Output') this.log.show();
      if (button === 'Copy Diagnostics') void vscode.commands.executeCommand('stackful.copyDiagnostics');
    });
  }

  createDebugAdapterTracker(session: vscode.DebugSession): vscode.DebugAdapterTracker {
    this.alive.set(session.id, session);
    void vscode.commands.executeCommand('setContext', 'stackful.active', true);
    let over = false; // by our wish or the program's end: what ends without is dead
    const end = (): void => {
      this.alive.delete(session.id);
      this.stopped.delete(session.id);
      if (this.alive.size === 0) void vscode.commands.executeCommand('setContext', 'stackful.active', false);
      this.changed();
    };
    const trace = (direction: string, message: unknown): void => {
      if (this.log.logLevel === vscode.LogLevel.Trace) this.log.trace(`${session.name} ${direction} ${JSON.stringify(message).slice(0, mostTraced)}`);
    };
    return {
      onWillReceiveMessage: (message: { command?: string }) => {
        trace('->', message);
        if (message.command === 'disconnect' || message.command === 'terminate') over = true;
      },
      onDidSendMessage: (message: { type?: string; event?: string }) => {
        trace('<-', message);
        if (message.type !== 'event') return;
        if (message.event === 'terminated') over = true;
        if (message.event === 'stopped') this.set(session, true);
        if (message.event === 'continued' || message.event === 'terminated') this.set(session, false);
      },
      onError: (error) => this.log.error(`${session.name}: ${error.message}`),
      onExit: (code, signal) => {
        // VS Code tells no signal, and no status of a program that a signal ended.
        if (!over) this.tellDeath(`${session.name}: the debugger itself ended${code ? ` with status ${code}` : signal ? ` with ${signal}` : ', by a signal'}.`);
        end();
      },
      onWillStopSession: () => {
        over = true; // VS Code ends the adapter of a session that is ended while it starts by a signal
        end();
      },
    };
  }
}
