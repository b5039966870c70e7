import { build } from 'esbuild';
const mk = async (root, contents, out) => build({ absWorkingDir: root, stdin: { contents, resolveDir: root }, bundle: true, platform: 'node', format: 'esm', target: 'node20', packages: 'external', mainFields: ['module','main'], outfile: out });
await mk('/tmp/wt/gold', "export { createGuard } from './src/guard/guard.ts'", '/tmp/wt/guard/node_modules/.cache/gold.mjs');
await mk('/tmp/wt/guard', "export { createGuard } from './src/guard/guard.ts'; export { concurrency } from './src/guard/bulkhead.ts'; export { slidingWindow } from './src/guard/sliding-window.ts'", '/tmp/wt/guard/node_modules/.cache/gnew.mjs');
const old = await import('/tmp/wt/guard/node_modules/.cache/gold.mjs'); const now = await import('/tmp/wt/guard/node_modules/.cache/gnew.mjs');
const op = async () => 42;
let sum = 0;
const loop = (g) => async (n) => { for (let i = 0; i < n; i++) await g.execute(op); };
const mkloop = (g) => new Function('g', 'op', 'return async (n) => { for (let i = 0; i < n; i++) await g.execute(op); }')(g, op);
const c = {
  floor: async (n) => { for (let i = 0; i < n; i++) await new Promise((resolve, reject) => { sum += performance.now(); op().then((v) => resolve(v), (e) => reject(e)); }); },
  old: mkloop(old.createGuard({ name: 'a' })),
  now: mkloop(now.createGuard({ name: 'a' })),
  limit: mkloop(now.createGuard({ name: 'a', limit: now.concurrency({ limit: 7 }) })),
  window: mkloop(now.createGuard({ name: 'a', counting: now.slidingWindow() })),
  time: mkloop(now.createGuard({ name: 'a', counting: now.slidingWindow({ over: 30000 }) })),
  slow: mkloop(now.createGuard({ name: 'a', counting: now.slidingWindow({ slowAfter: 1000 }) })),
};
const names = Object.keys(c); const t = Object.fromEntries(names.map((n) => [n, []]));
for (const n of names) await c[n](60000); for (const n of names) await c[n](60000);
const only = process.argv[2];
for (let r = 0; r < 250; r++) for (const n of [...names].sort(() => Math.random() - 0.5)) { const s = process.cpuUsage(); const w = performance.now(); await c[n](4000); const e = process.cpuUsage(s); t[n].push((e.user + e.system) * 1000 / 4000); }
const q = (a, p) => a.sort((x, y) => x - y)[Math.floor(a.length * p)];
for (const n of names) console.log(n.padEnd(8), 'p10', q(t[n], .1).toFixed(0), (q(t[n], .1) / q(t.floor, .1)).toFixed(3), 'p25', (q(t[n], .25) / q(t.floor, .25)).toFixed(3), 'p50', (q(t[n], .5) / q(t.floor, .5)).toFixed(3));
