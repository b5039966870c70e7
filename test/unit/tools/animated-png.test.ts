import { expect } from 'chai';
import { PNG } from 'pngjs';
import { animatedPng, chunk, chunksOf } from '../../../tools/animated-png.ts';
import fc from '../../fast-check.ts';

const [width, height] = [7, 5];

function picture(pixels: readonly number[]): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) png.data.writeUInt32BE(((pixels[i % pixels.length]! << 8) | 0xff) >>> 0, 4 * i);
  return PNG.sync.write(png);
}

/** What a browser shows, frame by frame. */
function played(file: Buffer): { ms: number; data: string }[] {
  const chunks = chunksOf(file);
  const header = chunks.find(({ type }) => type === 'IHDR')!;
  const shown = Buffer.alloc(4 * width * height);
  const frames: { ms: number; data: string }[] = [];
  chunks.forEach(({ type, body }, index) => {
    if (type !== 'fcTL') return;
    const next = chunks[index + 1]!;
    const data = next.type === 'IDAT' ? next.body : next.body.subarray(4);
    const { data: pixels } = PNG.sync.read(Buffer.concat([file.subarray(0, 8), chunk('IHDR', header.body), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]));
    for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] !== 0) pixels.copy(shown, at, at, at + 4);
    frames.push({ ms: (1_000 * body.readUInt16BE(20)) / body.readUInt16BE(22), data: shown.toString('hex') });
  });
  return frames;
}

describe('Animated PNG', () => {
  it('shows every frame as it was, for as long as it was, whatever has changed', () => {
    const colour = fc.integer({ min: 0, max: 0xffffff });
    fc.assert(fc.property(fc.array(fc.tuple(fc.array(colour, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 5_000 })), { minLength: 1, maxLength: 5 }), (made) => {
      const frames = made.map(([pixels, ms]) => ({ png: picture(pixels), ms }));
      const expected: { ms: number; data: string }[] = [];
      for (const { png, ms } of frames) {
        const data = PNG.sync.read(png).data.toString('hex');
        if (expected.at(-1)?.data === data) expected.at(-1)!.ms += ms;
        else expected.push({ ms, data });
      }
      const file = animatedPng(frames);
      expect(played(file)).to.deep.equal(expected);
      // Whoever knows nothing of animations shows the first.
      expect(PNG.sync.read(file).data.toString('hex')).to.equal(expected[0]!.data);
    }), { numRuns: 100 });
  });

  it('numbers its parts in order, and counts its frames', () => {
    const chunks = chunksOf(animatedPng([1, 2, 3].map((colour) => ({ png: picture([colour]), ms: 10 }))));
    expect(chunks.map(({ type }) => type)).to.deep.equal(['IHDR', 'acTL', 'fcTL', 'IDAT', 'fcTL', 'fdAT', 'fcTL', 'fdAT', 'IEND']);
    expect(chunks.filter(({ type }) => /^f[cd]/.test(type)).map(({ body }) => body.readUInt32BE(0))).to.deep.equal([0, 1, 2, 3, 4]);
    expect(chunks[1]!.body.readUInt32BE(0)).to.equal(3);
  });

  it('refuses frames of different sizes, and none at all', () => {
    const other = PNG.sync.write(new PNG({ width: 1, height: 1 }));
    expect(() => animatedPng([{ png: picture([1]), ms: 1 }, { png: other, ms: 1 }])).to.throw(RangeError);
    expect(() => animatedPng([])).to.throw(RangeError);
  });
});
