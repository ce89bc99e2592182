import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markText, marksOf } from '../src/places';

test('groups by place become marks on lines, those without a file none', () => {
  const at = (path: string | undefined, line: number, count: number) => ({ key: `${path}:${line}`, count, ...(path ? { source: { path } } : {}), line, column: 1 });
  const marks = marksOf([at('/a.rs', 3, 37), at('/b.rs', 3, 1), at('/a.rs', 9, 2), at(undefined, 7, 5), at('/a.rs', 0, 4), at('/a.rs', 9, 1)]);
  assert.deepEqual([...marks], [['/a.rs', [{ line: 3, count: 37 }, { line: 9, count: 3 }]], ['/b.rs', [{ line: 3, count: 1 }]]]);
});

test('their text', () => {
  assert.equal(markText(37), '37 tasks wait here');
  assert.equal(markText(1), '1 task waits here');
  assert.equal(markText(9000), '9,000 tasks wait here');
});
