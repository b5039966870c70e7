import { buildLibrary, loadLibrary } from './library.ts';
import { measure, thorough, type Contestant } from './harness.ts';
import { waysOf } from './scenarios/happy.ts';
const library = await loadLibrary(process.argv[2]!);
const operation = async (): Promise<number> => 42;
const wanted = process.argv[3]!.split(',');
const all: Contestant[] = [
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } },
    {
      name: 'floor',
      run: async (n) => {
        let sum = 0;
        for (let i = 0; i < n; i++) {
          await new Promise<number>((resolve, reject) => {
            sum += performance.now();
            operation().then((value) => resolve(value), (error) => reject(error));
          });
        }
        if (sum < 0) throw new Error('never');
      },
    },
    ...([['plain', {}], ...waysOf(library)] as [string, any][]).filter((_, i) => wanted.includes(String(i))).map(([way, options]): Contestant => {
      const guard = library.createGuard({ name: 'bench', ...options });
      return { name: way, run: async (n) => { for (let i = 0; i < n; i++) await guard.execute(operation); } };
    }),
];
const rows = await measure(all, thorough);
for (const r of rows.slice(2)) console.log(r.name.padEnd(50), r.ns.toFixed(0), (r.ratio / rows[1]!.ratio).toFixed(3));
