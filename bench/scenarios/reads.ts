import type { Contestant } from '../harness.ts';
import { race, type Setting } from '../scenario.ts';
import { tenSettings } from '../settings.ts';

const keys = ['provider', 'maxAgents', 'path', 'autoAssign', 'templates', 'persist', 'logLevel', 'delay'] as const;
const scope = { resource: 'file:///project/src/main.ts', languageId: 'typescript' };

/** What was read goes somewhere, or the reading would be optimised away. */
export let sink = 0;

async function contestants({ builds }: Setting): Promise<Contestant[]> {
  const operation = async (): Promise<number> => 42;
  const own: Contestant[] = [];
  let plain: Record<string, unknown> = {};
  for (const { name, library } of builds) {
    const definition = tenSettings(library);
    const service = library.createConfigurationService(definition, { store: new library.MemoryStore() });
    await service.ready;
    plain = { ...definition.defaults };
    own.push({ name: `${name}: get(key)`, run: (n) => { for (let i = 0; i < n; i++) if (service.get(keys[i & 7]!) === undefined) sink++; } });
    own.push({ name: `${name}: get('maxAgents')`, run: (n) => { for (let i = 0; i < n; i++) sink += service.get('maxAgents'); } });
    own.push({ name: `${name}: values.maxAgents`, run: (n) => { for (let i = 0; i < n; i++) sink += service.values.maxAgents; } });
    own.push({ name: `${name}: get(key, scope)`, run: (n) => { for (let i = 0; i < n; i++) if (service.get(keys[i & 7]!, scope) === undefined) sink++; } });
  }
  const map = new Map(Object.entries(plain));
  return [
    { name: 'bare await', run: async (n) => { for (let i = 0; i < n; i++) await operation(); } },
    { name: 'floor: object[key]', run: (n) => { for (let i = 0; i < n; i++) if (plain[keys[i & 7]!] === undefined) sink++; } },
    { name: 'floor: Map.get(key)', run: (n) => { for (let i = 0; i < n; i++) if (map.get(keys[i & 7]!) === undefined) sink++; } },
    ...own,
  ];
}

export default race(
  'Reads',
  'A service on a store in memory; the key changes with each read where none is named. Against VS Code: `npm run bench:vscode`.',
  contestants,
  () => [],
);
