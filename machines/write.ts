import { assign, setup } from 'xstate';
import { theEvent } from './setup.ts';

/**
 * The life of one write, from the moment it is asked for to the moment when nothing of it can be applied any more.
 *
 * It waits for its turn in the queue of its settings file, is saved together with all that waits for the same file, and is
 * looked for afterwards; only then is its caller answered (P20). What only the user can mend waits for the user. What was
 * sent and never confirmed goes on as a write of its own, in `unconfirmed`: it may still be applied, and must not undo a newer
 * value unnoticed (P21, P29). The machine decides; the service does the work and reports what happened.
 */

export interface WriteInput {
  /** The settings it writes. */
  readonly keys: readonly string[];
  /** Its caller has been answered, and its value may still be applied: it starts there. */
  readonly unconfirmed?: boolean;
  /** The user has not helped in time. */
  readonly onUserTimeout?: () => void;
}

export interface WriteContext extends WriteInput {
  /** The settings file, once that is known. */
  readonly file: string | undefined;
  /** Attempts that have failed so far. */
  readonly failedAttempts: number;
  /** Why it was refused last: the error's code, and the store's reason. */
  readonly refusal: string | undefined;
  /** How long the user may be waited for, in milliseconds. */
  readonly patience: number;
  /** When the last attempt to restore the newer value was refused, in milliseconds of the service's clock. */
  readonly refusedAt: number | undefined;
  /** What has been reported of an unconfirmed write. */
  readonly reported: LateOutcome | undefined;
}

/** What became of a write whose outcome was not known when its caller was answered (P29). */
export type LateOutcome = 'stored' | 'not stored' | 'unknown';

export type WriteEvent =
  /** It has a place in the queue of its file. */
  | { type: 'QUEUED'; file: string }
  /** The breaker of its file is open, and it was asked to wait for that. */
  | { type: 'PARKED' }
  /** Its turn has come. */
  | { type: 'TURN' }
  /** Its value is about to be handed to the store. */
  | { type: 'SENDING' }
  /** The store has answered that it is saved. */
  | { type: 'SAVED' }
  /** An attempt has failed; another may follow. */
  | { type: 'ATTEMPT_FAILED' }
  /** The file holds its value. */
  | { type: 'STORED' }
  /** A newer value of the same setting has taken its place. */
  | { type: 'SUPERSEDED' }
  /** It failed. `patience`: the user can remove the cause, and may be waited for so many milliseconds. */
  | { type: 'REFUSED'; refusal: string; patience: number }
  /** Its caller went away, or the service was disposed of. */
  | { type: 'ABORTED' }
  /** Unconfirmed: it has been found out and reported what became of it. */
  | { type: 'REPORTED'; outcome: LateOutcome }
  /** Unconfirmed: it was applied late, and has undone a newer value. */
  | { type: 'UNDID_NEWER'; at: number }
  /** The newer value is there again. */
  | { type: 'RESTORED' }
  /** The newer value could not be restored now; the next change of the file is another chance. */
  | { type: 'RESTORE_FAILED' }
  /** The same, but not at once: an editor may announce every write that fails as a change. */
  | { type: 'RESTORE_REFUSED'; at: number }
  /** Unconfirmed: nothing of it can be applied any more, or nobody looks any longer. */
  | { type: 'OVER' };

/** Between refusals to restore a value, in milliseconds. */
export const restAfterRefusal = 5_000;

export const write = setup({
  types: {
    input: {} as WriteInput,
    context: {} as WriteContext,
    events: {} as WriteEvent,
  },
  delays: {
    patience: ({ context }) => context.patience,
  },
  guards: {
    startsUnconfirmed: ({ context }) => context.unconfirmed === true,
    userCanHelp: (_, params: { patience: number }) => params.patience > 0,
    hasRested: ({ context }, params: { at: number }) => context.refusedAt === undefined || params.at >= context.refusedAt + restAfterRefusal,
    wasStored: ({ context }) => context.reported === 'stored',
    wasNotStored: ({ context }) => context.reported === 'not stored',
  },
  actions: {
    noteFile: assign({ file: (_, params: { file: string }) => params.file }),
    countFailure: assign({ failedAttempts: ({ context }) => context.failedAttempts + 1 }),
    noteRefusal: assign((_, { refusal, patience }: { refusal: string; patience: number }) => ({ refusal, patience })),
    noteReport: assign({ reported: (_, params: { outcome: LateOutcome }) => params.outcome }),
    noteRest: assign({ refusedAt: (_, params: { at: number }) => params.at }),
    tellTimeIsUp: ({ context }) => context.onUserTimeout?.(),
  },
}).createMachine({
  id: 'write',
  context: ({ input }) => ({
    ...input, file: undefined, failedAttempts: 0, refusal: undefined, patience: 0, refusedAt: undefined, reported: undefined,
  }),
  initial: 'open',
  states: {
    /** Its caller waits for an answer. */
    open: {
      initial: 'accepted',
      on: {
        STORED: 'stored',
        SUPERSEDED: 'superseded',
        REFUSED: [
          { guard: { type: 'userCanHelp', params: theEvent }, target: '.awaitingUser', actions: { type: 'noteRefusal', params: theEvent } },
          { target: 'refused', actions: { type: 'noteRefusal', params: theEvent } },
        ],
        ABORTED: 'aborted',
      },
      states: {
        /** It was asked for, and is valid. */
        accepted: {
          always: { guard: 'startsUnconfirmed', target: '#write.unconfirmed' },
          on: { QUEUED: { target: 'queued', actions: { type: 'noteFile', params: theEvent } } },
        },

        /** It waits for its turn; a newer value of the same setting may take its place. */
        queued: {
          on: { TURN: 'writing', PARKED: 'parked' },
        },

        /** It waits for the breaker of its file to close. */
        parked: {
          on: { TURN: 'writing' },
        },

        /** Its turn: everything that waited for the same file is stored by the same save. */
        writing: {
          initial: 'preparing',
          on: {
            PARKED: 'parked',
            ATTEMPT_FAILED: { target: '.backingOff', actions: 'countFailure' },
          },
          states: {
            /** The file is read, and the value computed. */
            preparing: { on: { SENDING: 'saving' } },
            /** The store has it. */
            saving: { on: { SAVED: 'checking' } },
            /** Saved, as the store says: the file is read again. */
            checking: {},
            /** An attempt has failed. Another begins after a wait, or the write is refused. */
            backingOff: { on: { SENDING: 'saving' } },
          },
        },

        /** Only the user can remove the cause: it is tried again when it is gone, or when the user says so. */
        awaitingUser: {
          after: { patience: { actions: 'tellTimeIsUp' } },
          on: { QUEUED: { target: 'queued', actions: { type: 'noteFile', params: theEvent } } },
        },
      },
    },

    /** Its caller has been answered, and its value may still be applied. */
    unconfirmed: {
      initial: 'watched',
      on: {
        REPORTED: { actions: { type: 'noteReport', params: theEvent } },
        OVER: [
          { guard: 'wasStored', target: 'stored' },
          { guard: 'wasNotStored', target: 'refused' },
          { target: 'unknown' },
        ],
      },
      states: {
        /** Each change of the file is looked at. */
        watched: {
          on: { UNDID_NEWER: { guard: { type: 'hasRested', params: theEvent }, target: 'restoring' } },
        },
        /** It has undone a newer value, which is being stored again. */
        restoring: {
          on: {
            RESTORED: 'watched',
            RESTORE_FAILED: 'watched',
            RESTORE_REFUSED: { target: 'watched', actions: { type: 'noteRest', params: theEvent } },
          },
        },
      },
    },

    /** The file holds its value, as a look at it has shown. */
    stored: { type: 'final' },
    /** A newer value of the same setting was stored in its place. */
    superseded: { type: 'final' },
    /** It was not stored, and its caller knows why. */
    refused: { type: 'final' },
    /** Its caller went away first. */
    aborted: { type: 'final' },
    /** Nobody can tell whether it was stored. */
    unknown: { type: 'final' },
  },
});
