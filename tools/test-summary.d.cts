/** See test-summary.cjs. */
export function summarize(runner: { on(event: string, listener: (...words: never[]) => void): unknown; once(event: string, listener: () => void): unknown }, save: (text: string) => void): void;
