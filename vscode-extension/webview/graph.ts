// Draws the wait graph in the webview. Layers by dagre, drawing and zoom by cytoscape, colours by the editor's theme.
import { graphlib, layout } from '@dagrejs/dagre';
import cytoscape from 'cytoscape';
import type { Graph, GraphEdge, GraphNode } from '../src/graph';
import { pack, type Box } from './pack';

declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

const editor = acquireVsCodeApi();
const element = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
const font = { size: 12, lineHeight: 1.35, padding: 10 };
const zoomStep = 1.25;
const margin = 24;
const readable = 0.3; // a picture of a smaller scale can't be read
const beginning = 0.7; // the scale at which one that is too large for one look begins

function colour(name: string, otherwise: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--vscode-${name}`).trim() || otherwise;
}

function theme(): cytoscape.StylesheetJson {
  const family = getComputedStyle(document.body).fontFamily;
  const text = colour('editor-foreground', '#888');
  const line = colour('descriptionForeground', text);
  const red = colour('errorForeground', '#d33');
  const back = colour('editor-background', '#fff');
  const focus = colour('focusBorder', '#08f');
  return [
    { selector: 'node', style: { shape: 'round-rectangle', width: 'data(width)', height: 'data(height)', label: 'data(label)', color: text, 'font-family': family, 'font-size': font.size, 'line-height': font.lineHeight, 'text-wrap': 'wrap', 'text-max-width': '1000px', 'text-valign': 'center', 'background-color': colour('editorWidget-background', back), 'border-width': 1, 'border-color': line } },
    { selector: 'node.unknown', style: { 'border-style': 'dashed', color: line } },
    { selector: 'node.thread', style: { 'border-style': 'double', 'border-width': 3 } },
    { selector: 'edge', style: { width: 1.5, 'line-color': line, 'target-arrow-color': line, 'target-arrow-shape': 'triangle', 'curve-style': 'bezier', 'control-point-step-size': 'data(bend)', label: 'data(label)', color: line, 'font-family': family, 'font-size': font.size - 1, 'text-background-color': back, 'text-background-opacity': 1, 'text-background-padding': '2px' } },
    { selector: 'edge.unsure', style: { 'line-style': 'dashed' } },
    { selector: '.cycle', style: { 'border-color': red, 'border-width': 2, 'line-color': red, 'target-arrow-color': red } },
    { selector: 'edge.cycle', style: { color: red, width: 2.5 } },
    { selector: ':selected', style: { 'overlay-color': focus, 'overlay-opacity': 0.25, 'overlay-padding': 4 } },
  ] as cytoscape.StylesheetJson;
}

// ---- sizes and places

const canvas = document.createElement('canvas').getContext('2d');

function sizeOf(label: string): { width: number; height: number } {
  const lines = label.split('\n');
  if (canvas) canvas.font = `${font.size}px ${getComputedStyle(document.body).fontFamily}`;
  const width = Math.max(...lines.map((one) => canvas?.measureText(one).width ?? one.length * 7));
  return { width: width + 2 * font.padding, height: lines.length * font.size * font.lineHeight + 2 * font.padding };
}

interface Plan extends Box {
  at: Map<string, { x: number; y: number }>; // the middle of each node
}

// What is connected.
function partsOf(graph: Graph): { nodes: GraphNode[]; edges: GraphEdge[] }[] {
  const whole = new graphlib.Graph();
  for (const node of graph.nodes) whole.setNode(node.id);
  for (const edge of graph.edges) whole.setEdge(edge.from, edge.to);
  const part = new Map<string, number>();
  const found = graphlib.alg.components(whole);
  found.forEach((ids, index) => ids.forEach((id) => part.set(id, index)));
  const parts = found.map(() => ({ nodes: [] as GraphNode[], edges: [] as GraphEdge[] }));
  for (const node of graph.nodes) parts[part.get(node.id) ?? 0]?.nodes.push(node);
  for (const edge of graph.edges) parts[part.get(edge.from) ?? 0]?.edges.push(edge);
  return parts;
}

// Each part in layers, and the parts in rows.
function planOf(graph: Graph, rankdir: 'LR' | 'TB', room: Box, across = 0): Plan {
  const plans = partsOf(graph).map(({ nodes, edges }) => {
    const plan = new graphlib.Graph({ multigraph: true });
    plan.setGraph({ rankdir, nodesep: 28, ranksep: rankdir === 'LR' ? 80 : 50, edgesep: 20 });
    plan.setDefaultEdgeLabel(() => ({}));
    for (const node of nodes) plan.setNode(node.id, sizeOf(node.label));
    for (const edge of edges) plan.setEdge(edge.from, edge.to, { width: sizeOf(edge.label).width, height: font.size * 2, labelpos: 'c' }, edge.id);
    layout(plan);
    const { width = 1, height = 1 } = plan.graph() as { width?: number; height?: number };
    return { plan, width, height, first: nodes.some((node) => node.cycle) };
  });
  // Deadlocks first, then from low to high, so that a row has boxes of about one height.
  plans.sort((a, b) => Number(b.first) - Number(a.first) || (a.first ? 0 : a.height - b.height));
  const packed = pack(plans, room, 60, across);
  const at = new Map<string, { x: number; y: number }>();
  plans.forEach(({ plan }, index) => {
    const corner = packed.at[index] ?? { x: 0, y: 0 };
    for (const id of plan.nodes()) {
      const { x, y } = plan.node(id) as { x: number; y: number };
      at.set(id, { x: x + corner.x, y: y + corner.y });
    }
  });
  return { at, width: packed.width, height: packed.height };
}

// Edges between the same two nodes are bent so far apart that their labels, in the middle of each, do not overlap: a curve's
// middle is a quarter of this beside the straight line.
function bendsOf(edges: GraphEdge[], direction: 'LR' | 'TB'): (edge: GraphEdge) => number {
  const pair = (edge: GraphEdge): string => [edge.from, edge.to].sort().join(' ');
  const widest = new Map<string, number>();
  for (const edge of edges) widest.set(pair(edge), Math.max(widest.get(pair(edge)) ?? 0, sizeOf(edge.label).width));
  return (edge) => (direction === 'LR' ? 60 : Math.min(300, Math.max(60, 2 * (widest.get(pair(edge)) ?? 0))));
}

// Downwards or to the right: as it is larger in the room that there is.
function elementsOf(graph: Graph, room: { width: number; height: number }): cytoscape.ElementDefinition[] {
  const plans = (['TB', 'LR'] as const).map((direction) => {
    const plan = planOf(graph, direction, room);
    return { plan, direction, scale: Math.min(room.width / plan.width, room.height / plan.height) };
  });
  const best = plans.reduce((a, b) => (b.scale > a.scale ? b : a));
  if (best.scale < readable) best.plan = planOf(graph, best.direction, room, (room.width - 2 * margin) / beginning); // to be read downwards
  const bends = bendsOf(graph.edges, best.direction);
  const nodes = graph.nodes.map((data): cytoscape.ElementDefinition => {
    const position = best.plan.at.get(data.id) ?? { x: 0, y: 0 };
    return { group: 'nodes', data: { ...data, ...sizeOf(data.label) }, position, classes: [data.kind, data.cycle ? 'cycle' : ''] };
  });
  const edges = graph.edges.map((data): cytoscape.ElementDefinition => ({ group: 'edges', data: { ...data, source: data.from, target: data.to, bend: bends(data) }, classes: [data.sure ? '' : 'unsure', data.cycle ? 'cycle' : ''] }));
  return [...nodes, ...edges];
}

// ---- the picture

const picture = cytoscape({ container: element('graph'), style: theme(), autoungrabify: false, boxSelectionEnabled: false, minZoom: 0.02, maxZoom: 3 });
let drawn = '';

function fit(): void {
  picture.resize();
  picture.fit(undefined, margin);
  if (picture.zoom() > 1.2) {
    picture.zoom(1.2);
    picture.center();
  }
}

// More than can be read at once: its beginning is shown, where deadlocks are, and Fit shows all.
function begin(): void {
  const { x1, y1 } = picture.elements().boundingBox();
  picture.viewport({ zoom: beginning, pan: { x: margin - beginning * x1, y: margin - beginning * y1 } });
}

function zoom(factor: number): void {
  picture.zoom({ level: picture.zoom() * factor, renderedPosition: { x: picture.width() / 2, y: picture.height() / 2 } });
}

function tell(one: cytoscape.SingularElementReturnValue | undefined): void {
  element('told').textContent = one ? String(one.data('told')) : '';
}

function select(one: cytoscape.SingularElementReturnValue): void {
  picture.elements().unselect();
  one.select();
  tell(one);
}

function open(one: cytoscape.SingularElementReturnValue): void {
  const place = one.data('place') as unknown;
  if (place) editor.postMessage({ place });
}

function draw(graph: Graph): void {
  document.body.classList.remove('stale');
  element('summary').textContent = graph.summary;
  document.body.classList.toggle('deadlock', graph.edges.some((edge) => edge.cycle));
  const same = JSON.stringify([graph.nodes.map((node) => [node.id, node.label.length]), graph.edges.map((edge) => [edge.from, edge.to])]);
  const view = same === drawn ? { zoom: picture.zoom(), pan: { ...picture.pan() } } : undefined; // a step: the eye stays where it is
  drawn = same;
  picture.elements().remove();
  picture.resize();
  picture.add(elementsOf(graph, { width: picture.width(), height: picture.height() }));
  tell(undefined);
  if (view) picture.viewport(view);
  else fit();
  if (!view && picture.zoom() < readable) begin();
}

// ---- mouse, keys, messages

picture.on('tap', 'node, edge', (event) => {
  const one = event.target as cytoscape.SingularElementReturnValue;
  select(one);
  open(one);
});
picture.on('mouseover', 'node, edge', (event) => tell(event.target as cytoscape.SingularElementReturnValue));
picture.on('mouseout', 'node, edge', () => tell(picture.$(':selected').first() as unknown as cytoscape.SingularElementReturnValue));
element('in').addEventListener('click', () => zoom(zoomStep));
element('out').addEventListener('click', () => zoom(1 / zoomStep));
element('fit').addEventListener('click', fit);

function next(by: number): void {
  const nodes = picture.nodes().sort((a, b) => Number(b.data('cycle')) - Number(a.data('cycle')));
  if (nodes.length === 0) return;
  const now = nodes.toArray().findIndex((one) => one.selected());
  const one = nodes[(now + by + (now < 0 && by < 0 ? 1 : 0) + nodes.length) % nodes.length];
  if (!one) return;
  select(one);
  const { x1, y1, x2, y2 } = one.renderedBoundingBox();
  if (x1 < 0 || y1 < 0 || x2 > picture.width() || y2 > picture.height()) picture.center(one);
}

const keys: Record<string, () => void> = {
  '+': () => zoom(zoomStep),
  '=': () => zoom(zoomStep),
  '-': () => zoom(1 / zoomStep),
  '0': fit,
  Tab: () => next(1),
  ArrowDown: () => next(1),
  ArrowRight: () => next(1),
  ArrowUp: () => next(-1),
  ArrowLeft: () => next(-1),
  Enter: () => picture.$(':selected').forEach((one) => open(one as unknown as cytoscape.SingularElementReturnValue)),
};
element('graph').addEventListener('keydown', (event) => {
  const key = keys[event.key];
  if (!key || event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === 'Tab')) return;
  event.preventDefault();
  key();
});
window.addEventListener('focus', () => element('graph').focus());
window.addEventListener('resize', () => picture.resize());
new MutationObserver(() => picture.style(theme())).observe(document.body, { attributes: true, attributeFilter: ['data-vscode-theme-id', 'class'] });
window.addEventListener('message', ({ data }: MessageEvent<{ graph?: Graph; stale?: string }>) => {
  if (data.graph) draw(data.graph);
  if (data.stale !== undefined) {
    element('summary').textContent = data.stale;
    document.body.classList.add('stale');
  }
});
element('graph').focus();
editor.postMessage({ ready: true });
