/**
 * A Node program with its settings in a JSON file that people edit too:
 *
 *   node program.ts <settings.json> get          prints the settings
 *   node program.ts <settings.json> add <page>   adds a page; comments in the file are kept
 *   node program.ts <settings.json> follow       prints the settings whenever they change, until it is interrupted
 */
import { ConfigurationError, createConfigurationService, JsonStore } from 'holdfast';
import { watcher } from './settings.ts';

const [file, command, page] = process.argv.slice(2);
if (file === undefined || command === undefined) {
  console.error('Usage: node program.ts <settings.json> get | add <page> | follow');
  process.exit(2);
}

const settings = createConfigurationService(watcher, { store: new JsonStore(watcher, { user: file }) });
await settings.ready;

const show = (): void => console.log(JSON.stringify({ every: settings.get('every'), pages: settings.get('pages') }));

try {
  if (command === 'get') show();
  else if (command === 'add') {
    // Two of these at once lose nothing: each page is added to what is stored by then.
    await settings.update('pages', (pages) => [...pages, page ?? '']);
    show();
  } else if (command === 'follow') {
    show();
    for (const key of watcher.keys) settings.onDidChange(key, show);
    // Supervised settings keep no process alive; the program's own work does.
    const rounds = setInterval(() => undefined, settings.get('every') * 1_000);
    await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
    clearInterval(rounds);
  }
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(`${error.message} ${error.userAction ?? ''}`.trim());
  process.exitCode = 1;
} finally {
  await settings.dispose();
}
