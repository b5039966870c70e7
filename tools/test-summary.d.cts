/** See test-summary.cjs. */
export interface TestSummary {
  complete: boolean;
  passed: number;
  failed: number;
  pending: number;
  ended: number;
  running: string | null;
  durationMs: number;
  failures: { title: string; file?: string; message: string; stack?: string }[];
  tests: { title: string; file?: string; state: 'passed' | 'failed' | 'pending'; ms: number; reason?: string }[];
}
export function summarize(runner: { on(event: string, listener: (...words: never[]) => void): unknown; once(event: string, listener: () => void): unknown }, save: (text: string) => void): TestSummary;
export function lastLines(summary: Pick<TestSummary, 'tests'>): string[];
