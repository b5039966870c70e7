/**
 * `npm run pictures:monitoring`: the pictures of docs/monitoring.md. Runs its program and a Prometheus that looks every
 * half second, breaks the settings file after a minute, and looks at the pages of Prometheus when the alert fires.
 */
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { blocksOf } from '../test/documents/documents.ts';
import { background, PrometheusApi } from './prometheus.ts';
import { launchChromium } from './vscode-host/browser.ts';
import { temporaryFolder } from './vscode-host/home.ts';
import { projectRoot } from './vscode-host/paths.ts';

const url = 'http://127.0.0.1:9095';
const api = new PrometheusApi(url);
const folder = temporaryFolder();
mkdirSync(path.join(folder, 'node_modules'));
symlinkSync(path.join(projectRoot, 'node_modules/yup'), path.join(folder, 'node_modules/yup'), 'junction');
writeFileSync(path.join(folder, 'program.mjs'), blocksOf('docs/monitoring.md').get('program.mjs')!);
copyFileSync(path.join(projectRoot, 'ops/alerts.yml'), path.join(folder, 'alerts.yml'));
writeFileSync(path.join(folder, 'prometheus.yml'), readFileSync(path.join(projectRoot, 'ops/prometheus.yml'), 'utf8').replaceAll('interval: 15s', 'interval: 500ms'));

const program = background(process.execPath, ['--import', path.join(projectRoot, 'tools/from-source.ts'), 'program.mjs'], folder);
const prometheus = background('prometheus', ['--config.file=prometheus.yml', '--storage.tsdb.path=data', '--web.listen-address=127.0.0.1:9095'], folder);
const browser = await launchChromium(path.join(folder, 'chromium'), { viewport: { width: 1200, height: 744 } });

try {
  await pause(60_000);
  writeFileSync(path.join(folder, 'settings.json'), '{ "watcher.rounds": 7 oops');
  while (!(await api.alerts()).some(({ state, labels }) => state === 'firing' && labels['alertname'] === 'HoldfastBreakerOpen')) await pause(500);
  await pause(30_000);

  const page = await browser.newPage();
  const save = async (name: string): Promise<void> => {
    await page.screenshot({ path: path.join(projectRoot, 'docs/images', `${name}.png`) });
    console.log(`docs/images/${name}.png`);
  };
  const query = 'sum by (service, outcome) (rate(holdfast_operations_total[30s]))';
  await page.goto(`${url}/classic/graph?g0.range_input=2m&g0.expr=${encodeURIComponent(query)}&g0.tab=0&g0.step_input=1`);
  await page.locator('.rickshaw_graph svg path').first().waitFor();
  await save('prometheus-graph');
  await page.goto(`${url}/classic/alerts`);
  await page.getByText('HoldfastBreakerOpen').first().click();
  await page.getByText('critical').first().waitFor();
  await save('prometheus-alerts');
} finally {
  await browser.close();
  await prometheus.stop();
  await program.stop();
}
