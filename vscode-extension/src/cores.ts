// Core files: which file is one, and which of a workspace's programs it may be of. No VS Code.
import { open } from 'node:fs/promises';

// ELF's e_type ET_CORE (gABI, ELF header), little-endian x86-64 only: what the adapter reads.
export async function isCore(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return false;
  try {
    const head = Buffer.alloc(20);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    return bytesRead === head.length && head.readUInt32BE(0) === 0x7f454c46 && head[4] === 2 && head[5] === 1 && head.readUInt16LE(16) === 4 && head.readUInt16LE(18) === 62;
  } catch {
    return false;
  } finally {
    await file.close();
  }
}
