import { find } from './dom.ts';
import { Splitter } from './splitter.ts';

/** What VS Code keeps for the page, also when it is moved to another window. */
interface Kept {
  getState(): unknown;
  setState(state: unknown): void;
}

/**
 * The lines between the panes. Where somebody has put them they stay.
 * @returns what to call when the page has another size
 */
export function splitPanes(kept: Kept): () => void {
  const splitters: Readonly<Record<string, Splitter>> = {
    side: new Splitter(find('#side-line'), { pane: find('nav'), other: find('main'), side: 'left', property: '--side', unit: 'px', least: [140, 320] }, save),
    context: new Splitter(find('#context-line'), { pane: find('aside'), other: find('nav'), side: 'bottom', property: '--context', unit: 'fr', least: [60, 60] }, save),
    log: new Splitter(find('#log-line'), { pane: find('#what'), other: find('main'), side: 'bottom', property: '--log', unit: 'px', least: [90, 160] }, save),
  };
  const all = Object.entries(splitters);
  const sizes = (kept.getState() as { readonly sizes?: Readonly<Record<string, unknown>> } | null | undefined)?.sizes ?? {};
  for (const [name, splitter] of all) splitter.value = sizes[name];

  function save(): void {
    kept.setState({ sizes: Object.fromEntries(all.map(([name, { value }]) => [name, value])) });
  }

  return () => all.forEach(([, splitter]) => splitter.describe());
}
