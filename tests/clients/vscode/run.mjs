// Plays the scenes. usage: run.mjs VSIX TARGET_FOLDER FOLDER_FOR_PICTURES|- SCENE...   (KEEP=FOLDER: screenshots and records stay there;
// COLD=1: nothing is built before, so that the seconds are those of a person's first F5)
// Prints a line for each: "vscode: NAME: well", or what was wrong. Status 1: something was.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { handsOf } from './hands.mjs';
import { scenes } from './scenes.mjs';
import { poll, Workbench } from './workbench.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const top = path.resolve(here, '../../..');
const [vsix, target, pictures, ...named] = process.argv.slice(2);
const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'stackful-vscode-')));
process.env.CARGO_TARGET_DIR = target;
const started = []; // programs

// A copy of a package as a workspace of one program and no tests, so that F5 asks nothing; it is built before. One copy serves
// all scenes: the program's debug info has its path.
const copies = new Map();
function workspaceOf(source) {
  if (copies.has(source)) return copies.get(source);
  const copy = path.join(folder, 'work', path.basename(source));
  fs.cpSync(path.join(top, source), copy, { recursive: true, filter: (file) => path.basename(file) !== 'target' });
  fs.appendFileSync(path.join(copy, 'Cargo.toml'), `\n[[bin]]\nname = "${path.basename(source)}"\npath = "src/main.rs"\ntest = false\n`);
  if (!process.env.COLD) execFileSync('cargo', ['build', '--quiet'], { cwd: copy, stdio: ['ignore', 'ignore', 'inherit'] });
  copies.set(source, copy);
  return copy;
}

// The line of a mark in a source.
function lineOf(source, mark) {
  const line = fs.readFileSync(source, 'utf8').split('\n').findIndex((text) => text.endsWith(`// MARK: ${mark}`)) + 1;
  if (!line) throw new Error(`${source} has no mark ${mark}`);
  return line;
}

// Starts a program and waits until `stackful tasks` of it says `ready`.
async function running(name, ready) {
  const child = spawn(path.join(target, 'debug', name), [], { stdio: 'ignore' });
  started.push(child);
  const tasks = () => {
    try {
      return execFileSync(path.join(folder, 'vsix/extension/bin/stackful'), ['tasks', '--pid', String(child.pid), '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return '';
    }
  };
  await poll(`${name} to come to rest`, () => ready.test(tasks()), 100);
  return child;
}

function check(what, ok, told) {
  if (!ok) throw new Error(`${what}${told === undefined ? '' : `: ${JSON.stringify(told).slice(0, 2000)}`}`);
}

async function play(workbench, name) {
  const scene = scenes[name];
  if (!scene) throw new Error(`there is no such scene; those are ${Object.keys(scenes).join(', ')}`);
  const lacks = scene.lacks?.();
  if (lacks) return console.log(`vscode: ${name}: skipped, as ${lacks}`);
  const seconds = { from: Date.now() };
  const shots = path.join(folder, name);
  const record = path.join(folder, `${name}.jsonl`);
  fs.mkdirSync(shots, { recursive: true });
  const work = workspaceOf(scene.workspace);
  const source = path.join(work, 'src/main.rs');
  const line = (mark) => lineOf(source, mark);
  const settings = (own) => workbench.settings({ 'stackful.record': record, ...own });
  const tools = { line, check, work, folder, target, running, settings };
  const prepared = await scene.before?.(tools);
  const launch = path.join(work, '.vscode/launch.json');
  fs.rmSync(launch, { force: true });
  if (prepared?.launch) {
    fs.mkdirSync(path.dirname(launch), { recursive: true });
    fs.writeFileSync(launch, JSON.stringify({ version: '0.2.0', configurations: [{ type: 'stackful', name: 'scene', ...prepared.launch }] }));
  }
  const at = scene.break ? `src/main.rs:${line(scene.break)}` : scene.open;
  seconds.built = Date.now();
  settings(scene.settings);
  const page = await workbench.open(prepared?.folder ?? work, at);
  seconds.open = Date.now();
  const ui = handsOf(page, shots);
  try {
    if (scene.break) {
      await ui.breakpoint(line(scene.break));
      seconds.set = Date.now();
      await page.keyboard.press('F5');
      await ui.waitStop();
      await ui.layout(scene.fold ?? ['Watch', 'Breakpoints', 'Variables']);
    }
    seconds.stopped = Date.now();
    await scene.play(ui, { ...tools, ...prepared });
    await ui.end();
  } catch (error) {
    await ui.shot('error').catch(() => {});
    error.message += `\n  shown: ${(await ui.notices().catch(() => [])).join(' | ')}`;
    throw error;
  } finally {
    scene.after?.({ ...tools, ...prepared });
  }
  seconds.played = Date.now();
  const checked = execFileSync(path.join(top, 'tests/clients/record.py'), [record], { encoding: 'utf8' }).trim();
  if (pictures !== '-') {
    fs.mkdirSync(pictures, { recursive: true });
    for (const file of fs.readdirSync(shots)) {
      const picture = /^\d+-picture-(.*)$/.exec(file);
      if (picture) execFileSync(path.join(here, '../shrink.py'), [path.join(shots, file), path.join(pictures, picture[1])]);
    }
  }
  const times = Object.values(seconds).map((one, index, all) => (index ? ((one - all[index - 1]) / 1000).toFixed(1) : '')).slice(1);
  console.log(`vscode: ${checked}; seconds to build, open, break, stop, play: ${times.join(', ')}`);
  console.log(`vscode: ${name}: well`);
}

async function one(name) {
  try {
    await play(workbench, name);
  } catch (error) {
    console.log(`vscode: ${name}: ${error.stack}`);
    bad++;
  } finally {
    for (const child of started.splice(0)) child.kill();
  }
}

let bad = 0;
const began = Date.now();
const workbench = new Workbench(path.join(folder, 'code-server'));
try {
  execFileSync('python3', ['-m', 'zipfile', '-e', vsix, path.join(folder, 'vsix')]);
  fs.chmodSync(path.join(folder, 'vsix/extension/bin/stackful'), 0o755);
  workbench.install([path.join(here, 'stackful-tests.starter-0.0.1'), vsix]);
  const lacks = await workbench.start().then(() => '', (error) => error.message);
  if (lacks) {
    console.log(`vscode: skipped, as VS Code or its browser does not start here: ${lacks.split('\n')[0]}`);
    bad = 77;
  } else console.log(`vscode: installed and started in ${((Date.now() - began) / 1000).toFixed(1)} s`);
  for (const name of lacks ? [] : named.length ? named : Object.keys(scenes)) {
    if (bad < 3) await one(name);
    else console.log(`vscode: ${name}: not played, as three others failed`);
  }
} finally {
  await workbench.stop();
  if (process.env.KEEP) fs.cpSync(folder, process.env.KEEP, { recursive: true, filter: (file) => !/\/(vsix|code-server|work)$/.test(file) });
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
process.exit(bad === 77 ? 77 : bad ? 1 : 0);
