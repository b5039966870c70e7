import { member, shortened } from './safe-data.ts';

/** What may be told of an error. Errors come from anywhere, also from another copy of the library: nothing is taken for granted. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  /** Of a `StoreError`: why the store refused. */
  readonly reason?: string;
  /** The settings file it is about: its URI, or the name its store gives it. */
  readonly file?: string;
  /** What a person can do about it. */
  readonly userAction?: string;
  readonly retryable?: boolean;
  /** Nothing is wrong but that a fault was injected, for development. */
  readonly injected?: boolean;
  /** Attempts made before the operation was given up. */
  readonly attempts?: number;
}

/** Longest text taken from an error, in characters. */
const longestText = 500;

/** A failed transaction is told with the reason and the remedy of what made it fail. Never throws. */
export function errorFacts(error: unknown): ErrorFacts {
  const code = text(error, 'code');
  const cause = code === 'TRANSACTION' ? member(error, 'cause') : undefined;
  const reason = text(error, 'reason') ?? text(cause, 'reason');
  const userAction = text(error, 'userAction') ?? text(cause, 'userAction');
  const file = text(member(error, 'context'), 'file') ?? text(member(cause, 'context'), 'file');
  const retryable = member(error, 'retryable');
  const injected = [error, cause].some((each) => member(member(each, 'context'), 'injected') === true);
  const attempts = member(member(error, 'attempts'), 'length');
  return {
    name: text(error, 'name') ?? (error === null ? 'null' : typeof error),
    message: text(error, 'message') ?? (typeof error === 'string' ? shortened(error, longestText) : ''),
    ...(code === undefined ? {} : { code }),
    ...(reason === undefined ? {} : { reason }),
    ...(file === undefined ? {} : { file }),
    ...(userAction === undefined ? {} : { userAction }),
    ...(typeof retryable === 'boolean' ? { retryable } : {}),
    ...(injected ? { injected } : {}),
    ...(typeof attempts === 'number' && attempts > 0 ? { attempts } : {}),
  };
}

/** Nothing heals it but a person who does what `userAction` says. */
export function needsAPerson({ userAction, retryable }: ErrorFacts): boolean {
  return userAction !== undefined && retryable !== true;
}

function text(holder: unknown, name: string): string | undefined {
  const value = member(holder, name);
  return typeof value === 'string' && value !== '' ? shortened(value, longestText) : undefined;
}
