import { Session, type Profiler } from 'node:inspector';

export interface Share {
  /** A function and where it is. */
  readonly what: string;
  /** Of the whole time, 0 to 1. */
  readonly share: number;
}

/** Where the time goes while `work` runs: the functions that were on top of the stack, and the parts they belong to. */
export async function profile(work: () => Promise<void>): Promise<{ functions: Share[]; parts: Share[] }> {
  const session = new Session();
  session.connect();
  const post = <T>(method: string, parameters?: object): Promise<T> => new Promise((resolve, reject) => {
    session.post(method, parameters ?? {}, (error: Error | null, answer?: unknown) => (error === null ? resolve(answer as T) : reject(error)));
  });
  await post('Profiler.enable');
  await post('Profiler.setSamplingInterval', { interval: 200 });
  await post('Profiler.start');
  await work();
  const { profile: taken } = await post<{ profile: Profiler.Profile }>('Profiler.stop');
  session.disconnect();
  const nodes = new Map(taken.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const parts = new Map<string, number>();
  let total = 0;
  taken.samples!.forEach((id, i) => {
    const frame = nodes.get(id)!;
    const time = taken.timeDeltas![i]!;
    if (frame.functionName === '(idle)') return;
    total += time;
    add(functions, frame.url === '' ? frame.functionName : `${frame.functionName || '(anonymous)'}, ${shortUrl(frame.url)}:${frame.lineNumber + 1}`, time);
    add(parts, partOf(frame), time);
  });
  const shares = (times: Map<string, number>): Share[] =>
    [...times].map(([what, time]) => ({ what, share: time / total })).sort((a, b) => b.share - a.share);
  return { functions: shares(functions), parts: shares(parts) };
}

function add(times: Map<string, number>, name: string, time: number): void {
  times.set(name, (times.get(name) ?? 0) + time);
}

/** The built library lies in a folder that is another in each run. */
const shortUrl = (url: string): string => url.replace(/holdfast-bench\/[^/]+\//, 'holdfast/').split('/').slice(-2).join('/');

function partOf({ url, functionName }: { readonly url: string; readonly functionName: string }): string {
  if (url === '') return functionName === '(garbage collector)' ? 'collecting garbage' : 'V8 and Node, native';
  if (url.startsWith('node:')) return 'Node';
  const dependency = /node_modules\/(?!\.cache)((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (dependency !== undefined) return dependency;
  if (/holdfast-bench|in-host/.test(url)) return 'holdfast';
  return url.includes('/lib/vscode/') || url.includes('extensionHostProcess') ? 'VS Code' : 'the caller';
}

/** The shares that matter, as lines of text. */
export function inWords({ functions, parts }: { functions: Share[]; parts: Share[] }, lines = 12): string {
  const line = ({ what, share }: Share): string => `${(share * 100).toFixed(1).padStart(6)} %  ${what}`;
  return `${parts.filter(({ share }) => share > 0.005).map(line).join('\n')}\n\n${functions.slice(0, lines).map(line).join('\n')}`;
}
