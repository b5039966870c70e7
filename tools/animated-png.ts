import { crc32 } from 'node:zlib';
import { PNG } from 'pngjs';

/** One picture of an animation. */
export interface Frame {
  /** A PNG file; all have the same size. */
  readonly png: Buffer;
  /** How long it is shown, in milliseconds. */
  readonly ms: number;
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * An animated PNG, which plays for ever: browsers show it wherever they show a PNG. Of each frame it holds the pixels
 * that have changed, so that a still page with a clock in it stays small. Frames that show the same are one.
 */
export function animatedPng(frames: readonly Frame[]): Buffer {
  const [first, ...others] = frames;
  if (first === undefined) throw new RangeError('An animation needs a frame.');
  let shown = PNG.sync.read(first.png);
  const { width, height } = shown;
  const kept: { readonly data: Buffer; ms: number }[] = [{ data: dataOf(shown), ms: first.ms }];
  for (const { png, ms } of others) {
    const next = PNG.sync.read(png);
    if (next.width !== width || next.height !== height) throw new RangeError('All frames must have the same size.');
    const changes = difference(shown, next);
    if (changes === undefined) kept.at(-1)!.ms += ms;
    else kept.push({ data: dataOf(changes), ms });
    shown = next;
  }
  let sequence = 0;
  const control = (ms: number, index: number): Buffer => {
    const body = Buffer.alloc(26);
    body.writeUInt32BE(sequence++, 0);
    body.writeUInt32BE(width, 4);
    body.writeUInt32BE(height, 8);
    body.writeUInt16BE(Math.round(ms), 20);
    body.writeUInt16BE(1_000, 22);
    // What was there stays, and what is transparent lets it through.
    body.writeUInt8(0, 24);
    body.writeUInt8(index === 0 ? 0 : 1, 25);
    return chunk('fcTL', body);
  };
  const parts = kept.flatMap(({ data, ms }, index) => [
    control(ms, index),
    index === 0 ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([numbers(sequence++), data])),
  ]);
  const header = Buffer.concat([numbers(width, height), Buffer.from([8, 6, 0, 0, 0])]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('acTL', numbers(kept.length, 0)), ...parts, chunk('IEND', Buffer.alloc(0))]);
}

/** The pixels of `after` that differ; all others are transparent. `undefined` when none does. */
function difference(before: PNG, after: PNG): PNG | undefined {
  const changes = new PNG({ width: after.width, height: after.height });
  let differs = false;
  for (let at = 0; at < after.data.length; at += 4) {
    if (before.data.readUInt32BE(at) === after.data.readUInt32BE(at)) continue;
    after.data.copy(changes.data, at, at, at + 4);
    differs = true;
  }
  return differs ? changes : undefined;
}

/** The compressed pixels of a picture, as its file has them. */
function dataOf(picture: PNG): Buffer {
  const file = PNG.sync.write(picture, { colorType: 6, deflateLevel: 9, filterType: -1 });
  return Buffer.concat(chunksOf(file).filter(({ type }) => type === 'IDAT').map(({ body }) => body));
}

/** The parts of a PNG file. */
export function chunksOf(file: Buffer): { readonly type: string; readonly body: Buffer }[] {
  const chunks: { type: string; body: Buffer }[] = [];
  for (let at = signature.length; at < file.length;) {
    const length = file.readUInt32BE(at);
    chunks.push({ type: file.toString('latin1', at + 4, at + 8), body: file.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return chunks;
}

/** A part of a PNG file: its length, type, content and checksum. */
export function chunk(type: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  return Buffer.concat([numbers(body.length), content, numbers(crc32(content))]);
}

function numbers(...values: number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => buffer.writeUInt32BE(value, 4 * index));
  return buffer;
}
