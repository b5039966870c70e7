import ts from 'typescript';
import * as yup from 'yup';
import * as errors from '../../src/errors.ts';
import { storeReasons, type ConfigurationError, type StoreReason } from '../../src/errors.ts';
import { createGuard } from '../../src/guard/guard.ts';
import { defineSettings } from '../../src/settings/define-settings.ts';
import { commentOf, nodesOf, sourceFile, table } from './source.ts';

const file = 'src/errors.ts';

/** One of each, to ask it what it says. */
const samples: readonly ConfigurationError[] = [
  refused(),
  new errors.StoreError('io', 'refused'),
  new errors.TimeoutError('The write', 5_000, 'unknown'),
  new errors.CircuitOpenError('settings.json', 60_000),
  new errors.QueueFullError('settings.json', 100),
  new errors.RateLimitedError('the service', 20_000),
  new errors.GuardsFullError(1_000),
  new errors.TransactionError('key', [], []),
  new errors.AbortedError('The write', 'unknown'),
  new errors.DisposedError('the service'),
  new errors.SupervisionError('the service'),
];

const retries: Readonly<Record<errors.FailureClass, string>> = {
  transient: 'yes: done for you; after that, later',
  user: 'once a person has acted',
  permanent: 'not in this session',
  caller: 'no',
};

/** What a value is refused with. */
function refused(): errors.ValidationError {
  try {
    defineSettings('app', { name: { schema: yup.string().max(40).defined(), default: '', description: 'A name.' } }).validate('name', 'x'.repeat(41));
  } catch (error) {
    return error as errors.ValidationError;
  }
  throw new Error('The value was expected to be refused.');
}

/** Every error a caller can see: what it means, whether to retry, what the user can do. */
export function errorReference(): string {
  const classes = new Map([...nodesOf(sourceFile(file))].filter(ts.isClassDeclaration).map((node) => [node.name!.text, node]));
  const missing = [...classes.keys()].filter((name) => name !== 'ConfigurationError' && !samples.some((error) => error.name === name));
  if (missing.length > 0) throw new Error(`tools/reference/errors.ts has no sample of ${missing.join(', ')}.`);
  return [
    '# Errors',
    'Everything that Holdfast rejects with is a `ConfigurationError`: `code` is for programs and does not change, `message` is what happened, `userAction`, where there is one, what a person can do about it: show both. `retryable` says whether the same call can succeed later without anyone doing anything. `attempts` has every attempt that was made, and `cause` what was caught.',
    table(['`code`', 'class', 'what it means', '`retryable`', '`userAction`'], samples.map((error) => [
      `[\`${error.code}\`](#${error.code.toLowerCase()})`,
      `\`${error.name}\``,
      commentOf(classes.get(error.name)!),
      ...helpOf(error),
    ])),
    ...samples.map((error) => section(error, classes.get(error.name)!)),
    '## Reasons of a `StoreError`',
    'Found out by facts, and not by the words of a message. All but the reasons that are the caller’s own count as failures of the settings file, and open its circuit breaker after five in a row.',
    table(['`reason`', 'what it means', 'try again?', '`userAction`'], reasons().map(({ reason, meaning }) => [
      `\`${reason}\``, meaning, retries[storeReasons[reason].class], storeReasons[reason].userAction ?? '',
    ])),
  ].join('\n\n');
}

function section(error: ConfigurationError, node: ts.ClassDeclaration): string {
  const fields = node.members.filter(ts.isPropertyDeclaration).filter((member) => member.name.getText() !== 'code');
  const list = fields.map((field) => `- \`${field.name.getText()}: ${field.type?.getText() ?? ''}\`${prefixed(commentOf(field))}`);
  return [`### ${error.code}`, commentOf(node).replace(/\s+/g, ' '), `For instance: ${error.message}`, ...(list.length === 0 ? [] : [list.join('\n')])].join('\n\n');
}

/** Whether to try again, and what a person can do. */
function helpOf(error: ConfigurationError): readonly [retryable: string, userAction: string] {
  const retryable = error.retryable ? 'yes' : 'no';
  switch (error.code) {
    case 'STORE': return ['by [reason](#reasons-of-a-storeerror)', 'by reason'];
    case 'TRANSACTION': return ['as what made it fail', 'that of what made it fail'];
    case 'CIRCUIT_OPEN': return ['yes; no while held open', `while held open: ${heldOpen().userAction}`];
    default: return [retryable, error.userAction ?? ''];
  }
}

function heldOpen(): errors.CircuitOpenError {
  const guard = createGuard({ name: 'settings.json' });
  guard.hold();
  return guard.rejection();
}

const prefixed = (text: string): string => (text === '' ? '' : `: ${text.replace(/\s+/g, ' ')}`);

function reasons(): { reason: StoreReason; meaning: string }[] {
  const declared = [...nodesOf(sourceFile(file))].filter(ts.isPropertyAssignment).filter((node) => ts.isStringLiteral(node.name) && node.name.text in storeReasons);
  return declared.map((node) => ({ reason: (node.name as ts.StringLiteral).text as StoreReason, meaning: commentOf(node) }));
}
