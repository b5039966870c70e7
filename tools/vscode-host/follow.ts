import { closeSync, openSync, readSync } from 'node:fs';

/** Passes on what a file grows by, like `tail -f`. Calling the result passes on the rest and stops. */
export function follow(file: string, onText: (chunk: Buffer) => void): () => void {
  const descriptor = openSync(file, 'a+');
  const buffer = Buffer.alloc(64 * 1024);
  let position = 0;
  const catchUp = () => {
    for (;;) {
      const length = readSync(descriptor, buffer, 0, buffer.length, position);
      if (length === 0) return;
      position += length;
      onText(Buffer.from(buffer.subarray(0, length)));
    }
  };
  const timer = setInterval(catchUp, 50);
  return () => {
    clearInterval(timer);
    catchUp();
    closeSync(descriptor);
  };
}
