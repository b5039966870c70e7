import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import type { AnyStateMachine } from 'xstate';
import { bulkhead } from '../../machines/bulkhead.ts';
import { circuitBreaker } from '../../machines/circuit-breaker.ts';
import { configLifecycle } from '../../machines/config-lifecycle.ts';
import { recovery } from '../../machines/recovery.ts';
import { retrySequencer } from '../../machines/retry-sequencer.ts';
import { supervisor } from '../../machines/supervisor.ts';
import { write } from '../../machines/write.ts';
import { writeQueue } from '../../machines/write-queue.ts';
import { chartOf, type ChartEdge, type ChartState } from '../../src/inspect/chart.ts';
import { projectRoot } from '../vscode-host/paths.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

/** In the order of docs/machines.md, which shows their charts. */
const machines = [circuitBreaker, retrySequencer, bulkhead, write, writeQueue, recovery, configLifecycle, supervisor] as unknown as AnyStateMachine[];

/** The machines: charts, states and where they lead, events, and the properties that tests of them name. */
export function machineReference(): string {
  return [
    '# Machines',
    '[What they are for](../machines.md). Every state and every transition is reached by tests that are generated from the machine and run against the real implementation, whose results a plainly written oracle checks ([test/model](../../test/model)). The [properties](../properties.md) are those that these tests, and the machine, name.',
    ...machines.map(machine),
  ].join('\n\n');
}

function machine(machine: AnyStateMachine): string {
  const name = machine.id;
  const leads = transitions(machine);
  // The root's own transitions.
  const anywhere = leads.get(name) === '' ? [] : [['in any', '', leads.get(name)!]];
  const file = sourceFile(`machines/${name}.ts`);
  return [
    `## ${name}`,
    `![${name}](../images/machine-${name}.svg)`,
    `Source: [machines/${name}.ts](../../machines/${name}.ts). The properties:`,
    properties(name).map((property) => `- ${statement(property)}`).join('\n'),
    table(['state', 'what it is', 'what happens in it'], [...anywhere, ...states(file).map(([state, comment]) => [`\`${state}\``, comment, leads.get(state) ?? ''])]),
    table(['event', 'carries', 'what it says'], events(file)),
  ].join('\n\n');
}

/** The states by their paths, with the comments above them. */
function states(file: ts.SourceFile): [string, string][] {
  const found: [string, string][] = [];
  const visit = (node: ts.Node, above: readonly string[]): void => {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'states' && ts.isObjectLiteralExpression(node.initializer)) {
      for (const state of node.initializer.properties) {
        const here = [...above, state.name!.getText()];
        found.push([here.join('.'), commentOf(state)]);
        state.forEachChild((child) => visit(child, here));
      }
    } else node.forEachChild((child) => visit(child, above));
  };
  visit(file, []);
  return found;
}

/** What leads where, by the path of the state it starts from. */
function transitions(machine: AnyStateMachine): Map<string, string> {
  const { root, edges } = chartOf(machine);
  const pathOf = (id: string): string => id.replace(`${machine.id}.`, '');
  const inWords = ({ event, guard, target }: ChartEdge): string => `\`${event}\`${guard === undefined ? '' : ` [${guard}]`}${target === undefined ? '' : ` → \`${pathOf(target)}\``}`;
  const found = new Map<string, string>();
  const visit = (state: ChartState): void => {
    const all = [...edges.filter(({ source }) => source === state.id), ...state.internal];
    found.set(pathOf(state.id), all.map(inWords).join('; '));
    state.children.forEach(visit);
  };
  visit(root);
  return found;
}

/** The members of the union `…Event` that the machine accepts. */
function events(file: ts.SourceFile): string[][] {
  const union = [...nodesOf(file)].find((node): node is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(node) && /^\w+Event$/.test(node.name.text) && ts.isUnionTypeNode(node.type) && node.modifiers?.[0]?.kind === ts.SyntaxKind.ExportKeyword);
  const members = (union!.type as ts.UnionTypeNode).types.filter(ts.isTypeLiteralNode);
  return members.map((member) => {
    const fields = member.members.filter(ts.isPropertySignature);
    const type = fields.find((field) => field.name.getText() === 'type')!.type!.getText().replaceAll("'", '`');
    const carried = fields.filter((field) => field.name.getText() !== 'type').map((field) => `\`${field.name.getText()}\``);
    // The comment is before the `|`, and so before the member's own text.
    return [type, carried.join(', '), commentBefore(member)];
  });
}

function commentBefore(member: ts.Node): string {
  const text = member.getSourceFile().text;
  const before = text.slice(0, member.getStart());
  return /\/\*\*\s*((?:(?!\*\/)[^])*?)\s*\*\/\s*\|\s*$/.exec(before)?.[1]?.replaceAll(/\n\s*\* ?/g, ' ') ?? '';
}

/** The line of docs/properties.md that says what it is. */
function statement(property: string): string {
  const found = new RegExp(`^- (\\*\\*${property}\\*\\* .*)$`, 'm').exec(readFileSync(path.join(projectRoot, 'docs/properties.md'), 'utf8'))?.[1];
  if (found === undefined) throw new Error(`docs/properties.md does not say what ${property} is.`);
  return found;
}

function properties(name: string): string[] {
  const folder = path.join(projectRoot, 'test/model', name);
  const texts = [path.join(projectRoot, `machines/${name}.ts`), ...readdirSync(folder).map((each) => path.join(folder, each))].map((each) => readFileSync(each, 'utf8'));
  const named = new Set(texts.join('\n').match(/\bP\d{1,3}\b/g));
  return [...named].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
}
