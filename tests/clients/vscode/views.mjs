// What the views of VS Code show, read from its page.
import { poll, sleep, patience } from './workbench.mjs';

export const STACK = '.debug-call-stack';
export const VARIABLES = '.debug-variables';
export const CONSOLE = '.repl';

// How a row of each list is read. These run in the page.
const readStack = (row) => {
  const text = (selector) => row.querySelector(selector)?.textContent;
  const frame = row.querySelector('.stack-frame');
  if (frame) return { kind: 'frame', name: frame.querySelector('.label')?.textContent, line: frame.querySelector('.line-number')?.textContent };
  if (row.querySelector('.thread')) return { kind: 'thread', name: text('.thread .name'), state: text('.thread .state') };
  return { kind: row.querySelector('.session') ? 'session' : 'other', name: row.textContent };
};
const readVariable = (row) => {
  const text = (selector) => row.querySelector(selector)?.textContent;
  if (row.querySelector('.scope')) return { kind: 'scope', name: text('.scope') };
  return { kind: 'variable', name: text('.expression .name')?.replace(/\s*[:=]?\s*$/, ''), value: text('.expression .value') };
};
const readAnswer = (row) => {
  const input = row.querySelector('.arrow.codicon-debug-console-evaluation-input');
  const value = row.querySelector('.evaluation-result .value, .output .value, .value');
  return { kind: input ? 'input' : row.querySelector('.evaluation-result') ? 'result' : 'other', text: (value ?? row).textContent, error: !!row.querySelector('.value.error, .error') };
};

export function viewsOf(page) {
  // What an element shows; nothing if it is not there, as a view that is folded.
  const textOf = (selector) => page.evaluate((one) => document.querySelector(one)?.innerText ?? '', selector);

  // What all of the page shows, webviews among it.
  async function texts() {
    const all = await Promise.all(page.frames().map((frame) => frame.evaluate(() => document.body?.innerText ?? '').catch(() => '')));
    return all.map((text) => text.replaceAll('\u00a0', ' '));
  }
  const shows = async (regex) => (await texts()).some((text) => new RegExp(regex, 'm').test(text));
  const until = (regex) => poll(`the page to show ${regex}`, () => shows(regex), 100);

  // The row that keys of a tree act on, and whether the row behind it lies in it.
  const focusedRow = () =>
    page.evaluate(() => {
      const row = document.activeElement?.closest('.monaco-list')?.querySelector('.monaco-list-row.focused');
      if (!row) return null;
      const at = (one, name) => Number(one?.getAttribute(name) ?? 0);
      const next = row.parentElement.querySelector(`.monaco-list-row[data-index="${at(row, 'data-index') + 1}"]`);
      return { text: row.innerText.replaceAll('\u00a0', ' '), open: at(next, 'aria-level') > at(row, 'aria-level') };
    });

  // Waits until a list stops changing.
  async function settle(container, quiet = 250) {
    let before = null;
    let since = Date.now();
    const deadline = Date.now() + patience;
    while (Date.now() < deadline) {
      const now = await textOf(container);
      const busy = await page.locator('.monaco-progress-container.active:visible').count();
      if (now !== before) [before, since] = [now, Date.now()];
      else if (Date.now() - since >= quiet && !busy) return;
      await sleep(50);
    }
  }

  // What a list shows just now: its rows in view, where they lie, and whether it is scrolled to its end.
  function inView(list, read) {
    return list.evaluate((node, source) => {
      const readRow = new Function('row', `return (${source})(row)`);
      const all = [...node.querySelectorAll('.monaco-list-row')];
      const bar = node.querySelector('.scrollbar.vertical');
      const slider = bar?.querySelector('.slider')?.getBoundingClientRect(); // moved by a transform, so not offsetTop
      const track = bar?.getBoundingClientRect();
      const rows = all.map((row) => ({ index: Number(row.getAttribute('data-index')), all: row.textContent, expanded: row.getAttribute('aria-expanded'), ...readRow(row) }));
      return {
        place: all.map((row) => `${row.getAttribute('data-index')}@${Math.round(row.getBoundingClientRect().top)}`).sort().join(),
        atTop: !slider || slider.top <= track.top + 0.5,
        atEnd: !slider || slider.bottom >= track.bottom - 0.5,
        rows: rows.sort((a, b) => a.index - b.index),
      };
    }, read.toString());
  }

  // Turns the wheel and waits until the list has moved. The workbench moves 50 px an event whatever the event says.
  async function wheel(list, read, amount, was) {
    const box = await list.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height / 2, 40));
    const turns = Math.max(1, Math.round(Math.abs(amount) / 50));
    await Promise.all(Array.from({ length: turns }, () => page.mouse.wheel(0, Math.sign(amount) * 100)));
    for (let i = 0; i < 20; i++) {
      await sleep(30);
      const now = await inView(list, read);
      if (now.place !== was.place) return now;
    }
    return was;
  }

  async function toTop(list, read) {
    let view = await inView(list, read);
    for (let i = 0; i < 20 && !view.atTop; i++) {
      const next = await wheel(list, read, -2500, view);
      if (next.place === view.place) break;
      view = next;
    }
    return view;
  }

  // The lists are virtual: only rows in view are in the page. Calls `look` with each view of the list from its top on, until it
  // gives something true.
  async function scroll(container, read, look) {
    const list = page.locator(`${container} .monaco-list`).first();
    const box = (await list.count()) ? await list.boundingBox() : null;
    if (!box || box.height < 2) return undefined;
    let view = await toTop(list, read);
    for (;;) {
      const found = await look(view, list, box);
      if (found === 'again') {
        view = await inView(list, read);
        continue;
      }
      if (found || view.atEnd) return found;
      const next = await wheel(list, read, Math.max(40, box.height * 0.6), view);
      if (next.place === view.place) return undefined;
      view = next;
    }
  }

  // The rows of a list, a hundred or a view more.
  async function rows(container, read, most = 100) {
    const found = new Map();
    await scroll(container, read, (view) => {
      for (const row of view.rows) found.set(row.index, row);
      return found.size >= most;
    });
    const list = page.locator(`${container} .monaco-list`).first();
    if (found.size) await toTop(list, read);
    return [...found.values()].sort((a, b) => a.index - b.index);
  }

  return {
    textOf, texts, shows, until, focusedRow, settle, inView, scroll,
    callStack: () => rows(STACK, readStack),
    variables: () => rows(VARIABLES, readVariable),
    answers: () => inView(page.locator(`${CONSOLE} .monaco-list`).first(), readAnswer).then((view) => view.rows),
    cursor: () => textOf('[id="status.editor.selection"]'),
    notices: () => page.locator('.notification-list-item-message, .monaco-dialog-box').allTextContents(),
    clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
  };
}
