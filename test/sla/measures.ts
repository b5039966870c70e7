import { wasStored, type Ledger, type Write } from './ledger.ts';

/** What is counted of one contender. Shares are between 0 and 1, times in milliseconds. */
export interface Measures {
  readonly reads: number;
  readonly readsValid: number;
  readonly asked: number;
  readonly honoured: number;
  readonly refused: number;
  readonly refusedInTrouble: number;
  readonly inDoubt: number;
  readonly inDoubtStored: number;
  readonly unanswered: number;
  readonly lied: number;
  readonly lost: number;
  /** Accepted: not turned away honestly while the store was in trouble. */
  readonly accepted: number;
  /** Accepted, and honoured, or left in doubt and stored. */
  readonly fulfilled: number;
  readonly availability: number;
  readonly recoveries: number;
  readonly recovery: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number };
}

/** What became of a write, told by the truth. */
type Fate = 'honoured' | 'refused' | 'in doubt' | 'unanswered' | 'lied' | 'not counted';

function fateOf(write: Write, writes: readonly Write[]): Fate {
  switch (write.said) {
    case 'stored': return wasStored(write) ? 'honoured' : 'lied';
    case 'superseded': return wasSuperseded(write, writes) ? 'honoured' : 'lied';
    case 'not stored': return write.landed.length === 0 ? 'refused' : 'lied';
    case 'unknown': return 'in doubt';
    default: return write.silenced === 'killed' ? 'not counted' : 'unanswered';
  }
}

/** A newer write to the same setting, of the same service, was stored by then. */
function wasSuperseded({ id, key, called, answered }: Write, writes: readonly Write[]): boolean {
  return writes.slice(id + 1, id + 1000).some((other) => other.key === key && other.landed.some((time) => time >= called.time && time <= answered!.time));
}

/** At some time between the call and the answer the store could not be written, or it refused an update. */
function wasInTrouble({ called, answered }: Write): boolean {
  return answered !== undefined && (called.isBlocked || answered.blocked > called.blocked || answered.refusals > called.refusals);
}

export function measure(ledger: Ledger): Measures {
  const all = ledger.writes.filter(() => true);
  const fates = all.filter(({ canary }) => !canary).map((write) => ({ write, fate: fateOf(write, ledger.writes) })).filter(({ fate }) => fate !== 'not counted');
  const count = (fate: Fate, which: (write: Write) => boolean = () => true): number => fates.filter((each) => each.fate === fate && which(each.write)).length;
  const asked = fates.length;
  const honoured = count('honoured');
  const inDoubtStored = count('in doubt', ({ landed }) => landed.length > 0);
  const turnedAway = count('refused', wasInTrouble) + count('in doubt', (write) => write.landed.length === 0 && wasInTrouble(write));
  const accepted = asked - turnedAway;
  const fulfilled = honoured + inDoubtStored;
  const overheads = fates.filter(({ fate }) => fate === 'honoured').map(({ write: { called, answered } }) => (answered!.time - called.time) - (answered!.store - called.store));
  const { recoveries } = ledger;
  return {
    reads: ledger.reads,
    readsValid: ledger.readsValid,
    asked,
    honoured,
    refused: count('refused'),
    refusedInTrouble: count('refused', wasInTrouble),
    inDoubt: count('in doubt'),
    inDoubtStored,
    unanswered: count('unanswered'),
    lied: count('lied'),
    lost: ledger.lost.length,
    accepted,
    fulfilled,
    availability: fulfilled / accepted,
    recoveries: recoveries.length,
    recovery: { p50: percentile(recoveries, 0.5), p99: percentile(recoveries, 0.99), most: percentile(recoveries, 1) },
    latency: { p50: percentile(overheads, 0.5), p95: percentile(overheads, 0.95), p99: percentile(overheads, 0.99) },
  };
}

/** The smallest value that at least this share does not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
