import { readFileSync } from 'node:fs';
import path from 'node:path';
import { load } from 'js-yaml';
import ts from 'typescript';
import { alertRules, type AlertRule } from '../../src/observe/alert-rules.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

interface Rule {
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly description: string };
}

/** The alerts: those raised in the program, and the rules for Prometheus. */
export function alertReference(): string {
  return [
    '# Alerts',
    '## In the program: `new Alerts(service)`',
    'Raised once until it is over. `onAlert` hears both; `active` has what is wrong now, `history` the last ones with `since` and `until`. In VS Code the Holdfast extension raises them for every service and every visible guard: in the status bar, the health view and the log, and in a notification when only a person can help.',
    table(['`id`', '`kind`', 'message', 'raised', 'over'], Object.entries<AlertRule>(alertRules).map(([id, { kind, message, ofGuard, raised, over }]) => [
      `\`${id}\``, `\`${kind}\``, ofGuard === undefined ? message : `${message} Of a guard: ${ofGuard}`, raised, over,
    ])),
    'What is over is further away than what raises, so that an alert does not flap: tests on random histories check how far.',
    table(['option', 'type', ''], options()),
    '## For Prometheus: `ops/alerts.yml`',
    '[The file](../../ops/alerts.yml), with [its tests](../../ops/alerts.test.yml), for `promtool test rules`. `for`: so long it must last. `keep_firing_for`: so long it goes on after it is over, so that what comes back is not new. The labels `service`, `instance_id` and `file` say where.',
    ...rules().map(({ alert, expr, for: lasting, keep_firing_for: kept, labels, annotations }) => [
      `### ${alert}`,
      annotations!.description.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, 'the $1'),
      `Severity \`${labels!.severity}\`${lasting === undefined ? '' : `, for ${lasting}`}${kept === undefined ? '' : `, kept for ${kept}`}.`,
      `\`\`\`promql\n${expr.replaceAll(/ (and|unless) /g, '\n$1 ')}\n\`\`\``,
    ].join('\n\n')),
  ].join('\n\n');
}

function rules(): Rule[] {
  const { groups } = load(readFileSync(path.join(projectRoot, 'ops/alerts.yml'), 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules).filter(({ alert }) => alert !== undefined);
}

function options(): string[][] {
  const declaration = [...nodesOf(sourceFile('src/observe/alerts.ts'))].find((node): node is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(node) && node.name.text === 'AlertOptions')!;
  return declaration.members.filter(ts.isPropertySignature).map((member) => [`\`${member.name.getText()}\``, `\`${member.type?.getText() ?? ''}\``, commentOf(member)]);
}
