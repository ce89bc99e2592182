// Boxes in rows, as wide together as the room is in proportion: the parts of a graph that have nothing to do with each other.
export interface Box {
  width: number;
  height: number;
}
export interface Packed extends Box {
  at: { x: number; y: number }[]; // of each box, in the order given
}

// `across`: not wider than this, if no box is.
export function pack(boxes: Box[], room: Box, gap: number, across = 0): Packed {
  const area = boxes.reduce((sum, box) => sum + (box.width + gap) * (box.height + gap), 0);
  const widest = Math.max(0, ...boxes.map((box) => box.width));
  const most = Math.max(widest, across || Math.sqrt((area * room.width) / Math.max(1, room.height)));
  const packed: Packed = { width: 0, height: 0, at: [] };
  let x = 0;
  let y = 0;
  let tallest = 0;
  for (const box of boxes) {
    if (x > 0 && x + box.width > most) {
      y += tallest + gap;
      x = tallest = 0;
    }
    packed.at.push({ x, y });
    packed.width = Math.max(packed.width, x + box.width);
    packed.height = Math.max(packed.height, y + box.height);
    tallest = Math.max(tallest, box.height);
    x += box.width + gap;
  }
  return packed;
}
