// The wait graph as a picture beside the code: refreshed at each stop, a click goes to the line.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { graphOf, mostAsked, type WaitsAnswer } from './graph';
import type { Place } from './protocol';
import type { Sessions } from './sessions';
import { goTo } from './tasks';

function page(webview: vscode.Webview, extension: vscode.Uri): string {
  const nonce = randomBytes(16).toString('hex');
  const file = (...parts: string[]): string => webview.asWebviewUri(vscode.Uri.joinPath(extension, ...parts)).toString();
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource} 'unsafe-inline'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${file('media', 'graph.css')}">
</head>
<body>
<header>
  <span id="summary" role="status"></span>
  <button id="in" title="Zoom in (+)">+</button>
  <button id="out" title="Zoom out (-)">−</button>
  <button id="fit" title="Show all (0)">Fit</button>
</header>
<main id="graph" tabindex="0" aria-label="Wait graph: Tab goes from one to the next, Enter goes to its line"></main>
<footer id="told" role="status"></footer>
<script nonce="${nonce}" src="${file('dist', 'graph.js')}"></script>
</body>
</html>`;
}

export class WaitGraph {
  private panel: vscode.WebviewPanel | undefined;
  private drawn = false;
  private round = 0; // answers to an earlier stop are thrown away

  constructor(
    private readonly sessions: Sessions,
    private readonly extension: vscode.Uri,
  ) {
    sessions.onChange(() => void this.draw());
  }

  show = (): void => {
    if (this.panel) return this.panel.reveal();
    const roots = ['media', 'dist'].map((folder) => vscode.Uri.joinPath(this.extension, folder));
    const panel = vscode.window.createWebviewPanel('stackful.waitGraph', 'Wait Graph', vscode.ViewColumn.Beside, { enableScripts: true, localResourceRoots: roots, retainContextWhenHidden: true });
    this.panel = panel;
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.drawn = false;
    });
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'media', 'icon.png');
    panel.webview.onDidReceiveMessage((message: { ready?: boolean; place?: Place }) => {
      if (message.ready) void this.draw();
      if (message.place) void goTo(message.place, panel.viewColumn === vscode.ViewColumn.One ? vscode.ViewColumn.Beside : vscode.ViewColumn.One);
    });
    panel.webview.html = page(panel.webview, this.extension);
  };

  private async draw(): Promise<void> {
    if (!this.panel) return;
    const round = ++this.round;
    const session = this.sessions.currentStopped;
    const tell = (message: unknown): void => {
      if (round === this.round) void this.panel?.webview.postMessage(message);
    };
    if (!session) {
      const now = this.sessions.current ? 'The program runs' : 'Nothing is debugged now';
      return tell({ stale: `${now}; ${this.drawn ? 'this was at the last stop' : 'the graph is drawn at the next stop'}.` });
    }
    try {
      tell({ graph: graphOf((await session.customRequest('stackful/waits', { count: mostAsked })) as WaitsAnswer) });
      this.drawn = true;
    } catch (error) {
      tell({ stale: error instanceof Error ? error.message : String(error) });
    }
  }

  dispose(): void {
    this.panel?.dispose();
  }
}
