/** Says which step of a long job has begun. */
export type OnProgress = (step: string) => void;

export interface Progress {
  readonly step: OnProgress;
  /** Ends the line. Call it before anything else writes to the terminal. */
  done(): void;
}

/**
 * Progress for a person: on a terminal one line that counts the seconds, so that a slow download is seen to be alive;
 * anywhere else (a log, CI) one plain line a step. It goes to stderr, so stdout stays the program's own.
 */
export function showProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { step: (step) => void stream.write(`${step}\n`), done: () => {} };

  let current = '';
  let startedAt = 0;
  let ticking: NodeJS.Timeout | undefined;
  const draw = () => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const line = seconds > 0 ? `${current} (${seconds} s)` : current;
    stream.write(`\r\x1b[2K${line.slice(0, (stream.columns || 80) - 1)}`);
  };
  const done = () => {
    if (ticking === undefined) return;
    clearInterval(ticking);
    ticking = undefined;
    draw();
    stream.write('\n');
  };
  return {
    step(step) {
      done();
      current = step;
      startedAt = performance.now();
      ticking = setInterval(draw, 1000);
      ticking.unref();
      draw();
    },
    done,
  };
}
