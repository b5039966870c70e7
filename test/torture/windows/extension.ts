/**
 * An extension that writes into one settings file until a file `stop` is in the folder that HOLDFAST_TORTURE names: adds numbers to a list of
 * its own, and stores transactions. Each life of it, which is one of an extension host, has a log there, named after the window and the
 * process: a line for each answer, and `end` with the names of the documents that are unsaved then. The last update is repeated until it
 * is stored: every window can still write at the end.
 */
import { existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ConfigurationService } from '../../../src/service/service.ts';
import { superviseConfiguration, vscodeStore } from '../../../src/vscode.ts';
import { elapse, limits } from '../../limits.ts';
import { add, told, toLine } from '../programs/answers.ts';
import type { Answer } from '../verdict.ts';
import { definition, parts, type Parts, type WindowPlan } from './definition.ts';

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const folder = process.env['HOLDFAST_TORTURE'];
  if (folder === undefined) return;
  const plan = JSON.parse(readFileSync(path.join(folder, 'plan.json'), 'utf8')) as WindowPlan;
  const window = path.basename(path.dirname(vscode.workspace.workspaceFolders![0]!.uri.fsPath));
  // What waits for others may take its time on a busy machine.
  const options = plan.withoutLock
    ? { store: Object.assign(vscodeStore(context, definition), { lock: undefined }) }
    : { guard: { timeout: limits.product, budget: limits.product } };
  const service = await superviseConfiguration(context, definition, options);
  void write(service, folder, `${window}.${process.pid}`, plan);
}

async function write(service: ConfigurationService<Parts & { done: object }>, folder: string, name: string, { target, burst, withoutLock }: WindowPlan): Promise<void> {
  const log = openSync(path.join(folder, `${name}.log`), 'a');
  const say = (line: string): void => void writeSync(log, `${line}\n`);
  const options = { target, wait: false };
  const update = async (number: number): Promise<Answer['ended']> => {
    const answer = await add(service as unknown as ConfigurationService<{ done: object }>, name, number, options);
    say(toLine(answer));
    return answer.ended;
  };
  let number = 1;
  for (; !existsSync(path.join(folder, 'stop')); number += burst) {
    const ended = new Set(await Promise.all(Array.from({ length: burst }, (_, index) => update(number + index))));
    const text = `${name} ${number}`;
    say(`begun ${text}`);
    const all = Object.fromEntries(parts.map((key) => [key, text])) as Parts;
    say(`${await told(service.updateAll(all, options))}-all ${text}`);
    // A breaker that is open refuses without a turn of the event loop.
    if (ended.has('denied')) await elapse(limits.look);
  }
  while (!withoutLock && await update(number++) !== 'stored') await elapse(limits.look);
  const unsaved = vscode.workspace.textDocuments.filter(({ isDirty }) => isDirty).map(({ uri }) => uri.path);
  say(`end ${JSON.stringify(unsaved)}`);
}
