/** On a terminal, one line that says what runs, and what is left; anywhere else nothing. */
import type { SuiteResult } from './suite-process.ts';

interface Row {
  readonly since: number;
  result?: SuiteResult | undefined;
}

export class StatusLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #rows = new Map<string, Row>();
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #left: () => string;

  /** @param left says what is left, in a few words */
  constructor(left: () => string, stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    this.#left = left;
    if (stream.isTTY && !process.env['CI']) this.#timer = setInterval(() => this.#draw(), 500).unref();
  }

  begin(name: string): void {
    this.#rows.set(name, { since: performance.now() });
  }

  look(name: string, result: SuiteResult | undefined): void {
    const row = this.#rows.get(name);
    if (row !== undefined) row.result = result;
  }

  end(name: string): void {
    this.#rows.delete(name);
    this.clear();
  }

  /** Makes room for what is printed. */
  clear(): void {
    if (this.#timer !== undefined) this.#stream.write('\r\x1b[2K');
  }

  close(): void {
    this.clear();
    clearInterval(this.#timer);
  }

  #draw(): void {
    const rows = [...this.#rows].map(([name, { since, result }]) => {
      const test = result?.running ? ` › ${shortened(result.running, 40)}` : '';
      return `${name}${test} ${Math.round((performance.now() - since) / 1_000)} s${result === undefined ? '' : `, ${result.ended} ended`}`;
    });
    const line = [...rows, this.#left()].join('  |  ');
    this.#stream.write(`\r\x1b[2K${shortened(line, (this.#stream.columns || 100) - 1)}`);
  }
}

const shortened = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
