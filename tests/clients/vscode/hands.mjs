// What a person does in VS Code, by mouse and keys.
import path from 'node:path';
import { CONSOLE, STACK, VARIABLES, viewsOf } from './views.mjs';
import { patience, poll, sleep } from './workbench.mjs';

const quiet = { timeout: patience };

// All that a scene can see and do. `shots` is the folder of its pictures.
export function handsOf(page, shots) {
  const views = viewsOf(page);
  const { textOf, settle, scroll, inView, until } = views;
  let number = 0;

  async function shot(name) {
    const file = path.join(shots, `${String(++number).padStart(2, '0')}-${name}.png`);
    await page.screenshot({ path: file });
    return file;
  }
  const key = async (...names) => {
    for (const name of names) {
      await page.keyboard.press(name);
      await sleep(80); // a tree takes one key at a time
    }
  };

  // ---- boxes at the top: commands, lists to choose from, texts to type
  const input = page.locator('.quick-input-widget input').first();
  const row = (text) => page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first();
  const boxClosed = () => page.locator('.quick-input-widget').first().waitFor({ state: 'hidden', ...quiet });
  const rowsOfBox = () => page.locator('.quick-input-list .monaco-list-row').evaluateAll((all) => all.map((one) => one.innerText.replaceAll('\u00a0', ' ')));

  // While a page opens, it may take the focus away from the box, which closes it, and commands come late: then once more.
  async function command(title) {
    const whole = new RegExp(`^(.*: )?${title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
    const found = page.locator('.quick-input-list .monaco-list-row', { has: page.locator('.label-name', { hasText: whole }) }).first();
    await poll(`the command ${title}`, async () => {
      if (!(await input.isVisible())) await page.keyboard.press('F1');
      const taken = await input
        .fill(`>${title}`, { timeout: 2000 })
        .then(() => found.click({ timeout: 3000 }))
        .then(() => true, () => false);
      if (!taken) await page.keyboard.press('Escape');
      return taken;
    });
  }
  async function palette(title) {
    await command(title);
    await boxClosed();
  }
  // A command that asks, and the answer: of a list (its rows are given back), or typed.
  async function choose(title, answer) {
    await command(title);
    await poll('a list to choose from', async () => (await input.inputValue()) === '' && (await rowsOfBox()).length);
    const offered = await rowsOfBox();
    await input.fill(answer);
    await row(answer).click();
    await boxClosed();
    return offered;
  }
  // Types texts into the box of a command, one after the other; `between` is waited for before the next one.
  async function type(title, texts, between) {
    await command(title);
    await poll('a box for a text', () => page.locator('.quick-input-list .monaco-list-row:visible').count().then((count) => count === 0));
    for (const [index, text] of texts.entries()) {
      await input.fill(text);
      if (index < texts.length - 1) await between();
    }
    await page.keyboard.press('Enter');
    await boxClosed();
  }

  const at = (line) => poll(async () => `the cursor in line ${line}; it is at ${await views.cursor()}`, async () => (await views.cursor()).startsWith(`Ln ${line},`));

  // Goes down one row in the tree that has the focus.
  async function nextRow(regex) {
    await key('ArrowDown');
    await poll(async () => `the focus on ${regex}; it is on ${(await views.focusedRow())?.text}`, async () => new RegExp(regex).test((await views.focusedRow())?.text ?? ''));
  }

  // ---- the session
  // In the line of the cursor.
  async function breakpoint(line) {
    const glyphs = () => page.locator('.editor-instance [class*="codicon-debug-breakpoint"]').count();
    await at(line);
    const before = await glyphs();
    const there = async () => (await glyphs()) > before;
    for (let i = 0; i < 10 && !(await there()); i++) { // the key is not known in the first second
      await page.locator('.editor-instance .monaco-editor textarea, .editor-instance .monaco-editor .native-edit-context').first().focus();
      await page.keyboard.press('F9');
      for (let j = 0; j < 30 && !(await there()); j++) await sleep(50);
    }
  }
  const stopped = () => page.evaluate(() => !!document.querySelector('.debug-call-stack .stack-frame') && [...document.querySelectorAll('.monaco-action-bar .codicon-debug-continue')].some((one) => one.offsetParent));
  async function waitStop() {
    await poll(async () => `a stop; shown: ${(await views.notices()).join(' | ')}`, stopped);
    await settle(STACK);
    await settle(VARIABLES);
  }
  // A key or command that moves the program, to the next stop.
  async function step(move) {
    const before = await textOf(STACK);
    await (typeof move === 'string' ? page.keyboard.press(move) : move());
    for (let i = 0; i < 60 && (await textOf(STACK)) === before; i++) await sleep(50);
    await waitStop();
  }
  const over = () => page.evaluate(() => !document.querySelector('.debug-call-stack .stack-frame') && ![...document.querySelectorAll('.codicon-debug-stop, .codicon-debug-disconnect')].some((one) => one.offsetParent));
  async function end() {
    for (let i = 0; i < 6 && !(await over()); i++) { // a key right after a stop may go to what has the focus next
      await page.keyboard.press('Shift+F5');
      for (let j = 0; j < 100 && !(await over()); j++) await sleep(100);
    }
    if (!(await over())) throw new Error('the session does not end');
  }

  // Answers of the Debug Console; a long one is one tall row with its whole text.
  async function ask(text) {
    const last = Math.max(-1, ...(await views.answers()).map((one) => one.index));
    const fresh = async () => (await views.answers()).filter((one) => one.index > last);
    await page.locator(`${CONSOLE} .repl-input-wrapper .monaco-editor .view-lines`).first().click();
    await page.keyboard.type(text);
    await poll('the typed text', async () => (await textOf(`${CONSOLE} .repl-input-wrapper .view-lines`)).replaceAll('\u00a0', ' ').trim() === text.trim());
    await page.keyboard.press('Enter');
    await poll(`an answer to ${text}`, async () => (await fresh()).some((one) => one.kind === 'result' || one.error));
    await settle(CONSOLE);
    return (await fresh()).filter((one) => one.kind !== 'input').map((one) => one.text).join('\n');
  }

  // ---- rows
  const readPlain = (one) => ({ label: one.getAttribute('aria-label') });
  const rowOf = (list, index) => list.locator(`.monaco-list-row[data-index="${index}"]`);

  // Unfolds the rows of a list that match.
  const expand = (container, regex) =>
    scroll(container, readPlain, async (view, list, box) => {
      const folded = view.rows.find((one) => one.expanded === 'false' && regex.test(one.all));
      const at = folded && (await rowOf(list, folded.index).boundingBox());
      if (!at || at.y < box.y || at.y + at.height > box.y + box.height) return false;
      await rowOf(list, folded.index).locator('.monaco-tl-twistie').first().click();
      await poll('a row to unfold', async () => (await inView(list, readPlain)).rows.find((one) => one.index === folded.index)?.expanded === 'true').catch(() => {});
      await settle(container);
      return 'again';
    });
  async function frame(regex) {
    const found = await scroll(STACK, readPlain, async (view, list) => {
      const hit = view.rows.find((one) => regex.test(one.all));
      if (hit) await rowOf(list, hit.index).click();
      return hit;
    });
    if (!found) throw new Error(`no row of the call stack matches ${regex}`);
    await settle(VARIABLES);
  }
  // Menus are in a shadow root, which locators look through. A click right after a menu has opened is not taken.
  async function menu(container, regex, item) {
    await page.locator(`${container} .monaco-list-row`).filter({ hasText: regex }).first().click({ button: 'right', ...quiet });
    const entry = page.locator('.monaco-menu .action-item', { hasText: item }).first();
    await entry.waitFor(quiet);
    await poll(`the menu's ${item} to be taken`, async () => {
      await sleep(200);
      if (await entry.isVisible()) await entry.click({ timeout: 2000 }).catch(() => {});
      return !(await entry.isVisible());
    });
  }
  // The view of this title, and the buttons in its title.
  const view = (title) => page.locator('.pane', { has: page.locator(`.pane-header[aria-label^="${title}"]`) }).first();
  async function button(title, label) {
    await view(title).hover();
    await view(title).locator(`.pane-header .action-label[aria-label^="${label}"]`).first().click(quiet);
  }
  const rowsOf = (title) => view(title).locator('.monaco-list-row').evaluateAll((all) => all.map((one) => one.textContent));

  // Folds views, so that others have room, and makes the side bar wide.
  async function layout(fold) {
    for (const title of fold) {
      const head = page.locator(`.pane-header[aria-label^="${title}"][aria-expanded="true"]`).first();
      if (await head.count()) await head.click();
    }
    const bar = await page.locator('.part.sidebar').boundingBox();
    const [right, middle] = [bar.x + bar.width, bar.y + bar.height / 2];
    if (Math.abs(460 - bar.width) < 6) return;
    await page.mouse.move(right, middle);
    await page.locator('.monaco-sash.vertical.hover').first().waitFor({ timeout: 2000 }).catch(() => {});
    await page.mouse.down();
    await page.mouse.move(right + (460 - bar.width) / 2, middle);
    await page.mouse.move(bar.x + 460, middle);
    await page.mouse.up();
  }

  return {
    page, poll, ...views, shot, key, palette, choose, type, breakpoint, waitStop, step, end, ask, frame, menu, button, rowsOf, view, layout, row, boxClosed, until,
    expandStack: (regex) => expand(STACK, regex),
    nextRow,
    // Goes down to a row of the tree that has the focus, and opens it.
    openRow: async (regex) => {
      await nextRow(regex);
      await key('ArrowRight');
      await poll(`${regex} to open`, async () => (await views.focusedRow())?.open);
    },
    menuStack: (regex, item) => menu(STACK, regex, item),
    click: (regex) => page.getByText(regex).first().click(quiet),
    at,
    // A click that must begin something, made again where it was not taken: a page that is still opening moves its lines.
    clickUntil: (regex, begun) =>
      poll(`a click on ${regex} to be taken`, async () => {
        await page.getByText(regex).first().click(quiet);
        for (let i = 0; i < 40 && !(await begun()); i++) await sleep(50);
        return begun();
      }),
  };
}
