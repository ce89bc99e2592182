import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pack } from '../webview/pack';
import { graphOf, type PartyRow, short, thing, type WaitRow, type WaitsAnswer } from '../src/graph';

const party = (id: string, root: string, count = 1): PartyRow => ({ kind: 'task', id, threadId: 1, root, text: 'idle: Mutex', count, source: { name: 'main.rs', path: '/src/main.rs' }, line: 7, column: 1 });
const wait = (from: number, to: number[], resource = '0x1'): WaitRow => ({ from, waits: 'waits for a Mutex, 1 ahead: task 3', resource, must: true, kept: false, holders: to.map((one) => ({ to: one, part: 'all', how: 'as `guard` in a' })), line: 0, column: 0 });
const deadlock: WaitsAnswer = { total: 3, nodes: [party('1', 'a'), party('2', 'b'), party('3', 'c', 812)], edges: [wait(0, [1]), wait(1, [0]), wait(2, [0])], cycles: [[0, 1]] };

test('a cycle is marked, and who waits behind it is not in it', () => {
  const graph = graphOf(deadlock);
  assert.deepEqual(graph.nodes.map((node) => node.cycle), [true, true, false]);
  assert.deepEqual(graph.edges.map((edge) => [edge.from, edge.to, edge.cycle]), [['n0', 'n1', true], ['n1', 'n0', true], ['n2', 'n0', false]]);
  assert.equal(graph.summary, '1 deadlock, 814 tasks, 3 waits');
  assert.match(graph.nodes[2]?.label ?? '', /^c × 812\n/);
  assert.equal(graph.edges[0]?.told, 'task 1 waits for a Mutex, 1 ahead: task 3 · task 2 has it as `guard` in a');
  assert.equal(graph.nodes[0]?.place?.line, 7);
  assert.equal(graph.edges[0]?.place, undefined);
});

test('what nobody is known to hold is one node for all who wait for it', () => {
  const graph = graphOf({ total: 9, nodes: [party('1', 'a'), party('2', 'b')], edges: [wait(0, [], '0x7'), wait(1, [], '0x7')], cycles: [] });
  assert.deepEqual(graph.nodes.map((node) => node.kind), ['task', 'task', 'unknown']);
  assert.deepEqual(graph.edges.map((edge) => [edge.from, edge.to, edge.sure]), [['n0', '0x7', false], ['n1', '0x7', false]]);
  assert.equal(graph.summary, 'no deadlock is seen, 2 tasks, 2 of 9 waits are drawn');
});

test('one of several holders may have it', () => {
  const { edges } = graphOf({ total: 1, nodes: [party('1', 'a'), party('2', 'b'), party('3', 'c')], edges: [wait(0, [1, 2])], cycles: [] });
  assert.deepEqual(edges.map((edge) => [edge.id, edge.to, edge.sure]), [['e0.0', 'n1', false], ['e0.1', 'n2', false]]);
  assert.match(edges[0]?.told ?? '', /task 2 has it as/);
});

test('a cycle that leads through a place in line', () => {
  const answer: WaitsAnswer = { total: 2, nodes: [party('1', 'writer'), party('2', 'reader'), party('3', 'other')], edges: [wait(0, [1, 2]), wait(1, [2])], cycles: [[0, 1]] };
  const { edges, nodes } = graphOf(answer);
  assert.deepEqual(edges.map((edge) => [edge.id, edge.to, edge.cycle]), [['e0.0', 'n1', true], ['e0.1', 'n2', false], ['e1.0', 'n2', false], ['e1.ahead', 'n0', true]]);
  assert.match(edges[3]?.told ?? '', /task 1 is ahead of it in line/);
  assert.deepEqual(nodes.map((node) => node.cycle), [true, true, false]);
});

test('no waits', () => {
  assert.deepEqual(graphOf({ total: 0, nodes: [], edges: [], cycles: [] }), { nodes: [], edges: [], summary: 'No task waits for a lock, a permit, a oneshot message or another task.' });
});

test('labels are short', () => {
  assert.equal(thing('waits for task 5 to finish (hung::behind, idle at src/main.rs:25)'), 'task 5 to finish');
  assert.equal(thing('waits for a oneshot message'), 'a oneshot message');
  assert.equal(short('a'.repeat(50)).length, 34);
  assert.equal(short('main'), 'main');
});

// `count` tasks, each of which waits for one that nobody else waits for.
function pairs(count: number, root: (index: number) => string): WaitsAnswer {
  const nodes: PartyRow[] = [];
  const edges: WaitRow[] = [];
  for (let i = 0; i < count; i++) {
    nodes.push({ ...party(String(2 * i), root(i)), text: `idle: task ${2 * i + 1} to finish` }, { ...party(String(2 * i + 1), 'sleeper'), text: 'idle: sleep, 3 s left' });
    edges.push({ ...wait(2 * i, [2 * i + 1], `0x${i}`), waits: `waits for task ${2 * i + 1} to finish (sleeper, idle at src/main.rs:3)` });
  }
  return { total: count, nodes, edges, cycles: [] };
}

test('parts that look the same are drawn once, with how many there are', () => {
  const graph = graphOf(pairs(2000, () => 'waiter'));
  assert.deepEqual(graph.nodes.map((node) => node.label.split('\n')[0]), ['waiter × 2000', 'sleeper × 2000']);
  assert.deepEqual(graph.edges.map((edge) => edge.label), ['a task to finish']);
  assert.equal(graph.summary, 'no deadlock is seen, 4000 tasks, 2000 waits');
});

test('parts that differ are cut where a picture would show no more', () => {
  const graph = graphOf(pairs(2000, (index) => `waiter_${index}`));
  assert.equal(graph.edges.length, 400);
  assert.equal(graph.nodes.length, 800);
  assert.equal(graph.summary, 'no deadlock is seen, 4000 tasks, 400 of 2000 waits are drawn');
});

test('a deadlock is never one of several, and survives the cut', () => {
  const many = pairs(1000, (index) => `waiter_${index}`);
  const shift = deadlock.nodes.length;
  const edges = many.edges.map((edge) => ({ ...edge, from: edge.from + shift, holders: edge.holders.map((holder) => ({ ...holder, to: holder.to + shift })) }));
  const graph = graphOf({ total: 1003, nodes: [...deadlock.nodes, ...many.nodes], edges: [...deadlock.edges, ...edges], cycles: deadlock.cycles });
  assert.deepEqual(graph.edges.slice(0, 3).map((edge) => edge.cycle), [true, true, false]);
  assert.equal(graph.edges.length, 400);
});

test('boxes in rows fill a room of any proportion', () => {
  const boxes = Array.from({ length: 100 }, () => ({ width: 200, height: 100 }));
  const packed = pack(boxes, { width: 800, height: 600 }, 20);
  assert.ok(packed.width / packed.height > 0.9 && packed.width / packed.height < 1.9, `${packed.width} x ${packed.height}`);
  const corners = new Set(packed.at.map(({ x, y }) => `${x} ${y}`));
  assert.equal(corners.size, 100);
  assert.ok(pack(boxes, { width: 800, height: 600 }, 20, 450).width <= 450);
  assert.deepEqual(pack([], { width: 1, height: 1 }, 20), { width: 0, height: 0, at: [] });
});

test('what differs among those that are one is left out', () => {
  assert.equal(graphOf(pairs(3, () => 'waiter')).nodes[0]?.label, 'waiter × 3\nidle: a task to finish\nmain.rs:7');
});
