/** A deliberate fault: one thing that somebody could get wrong, and the promise it breaks. */
export interface Fault {
  /** What is wrong now, in plain words. */
  readonly fault: string;
  readonly property: string;
  readonly file: string;
  /** Must be in the file exactly once. */
  readonly replace: string;
  readonly by: string;
}

const breaker = 'machines/circuit-breaker.ts';
const queue = 'machines/write-queue.ts';
const bulkhead = 'src/guard/bulkhead.ts';
const window = 'src/guard/sliding-window.ts';
const supervisor = 'machines/supervisor.ts';
const lifecycle = 'machines/config-lifecycle.ts';
const recovery = 'machines/recovery.ts';

/** Every one of these must be noticed by the tests generated from the machines, or by the simulation. */
export const faults: readonly Fault[] = [
  {
    property: 'P1', fault: 'A success in CLOSED does not clear the failures counted so far.',
    file: breaker, replace: 'countSuccess: assign(({ context }, { slow = false }: Ended) => ({ streak: 0,', by: 'countSuccess: assign(({ context }, { slow = false }: Ended) => ({',
  },
  {
    property: 'P1', fault: 'It opens one failure late.',
    file: breaker, replace: 'context.streak + 1 >= context.threshold', by: 'context.streak >= context.threshold',
  },
  {
    property: 'P2', fault: 'HALF_OPEN lets one caller more through than it has probes.',
    file: 'src/guard/breaker.ts', replace: "(this.mode === 'HALF_OPEN' && this.#probes < this.options.probes)", by: "(this.mode === 'HALF_OPEN' && this.#probes <= this.options.probes)",
  },
  {
    property: 'P2', fault: 'A probe takes no place while the breaker has not seen it.',
    file: 'src/guard/breaker.ts', replace: '    this.#probes++;\n', by: '',
  },
  {
    property: 'P2', fault: 'One probe that passes closes it, whatever the number that must.',
    file: breaker, replace: 'context.probesPassed + 1 >= needed(context)', by: 'context.probesPassed + 1 >= 1',
  },
  {
    property: 'P3', fault: 'A probe that hangs holds HALF_OPEN for ever.',
    file: breaker, replace: "after: { probeLimit: { target: '#circuit-breaker.OPEN', actions: 'countReopening' } },", by: '',
  },
  {
    property: 'P4', fault: 'A result counts, however old.',
    file: breaker, replace: 'isCurrent: ({ context }, params: Ended) => params.epoch === context.epoch,', by: 'isCurrent: (_, _params: Ended) => true,',
  },
  {
    property: 'P4', fault: 'A failure from an earlier epoch opens the breaker.',
    file: breaker, replace: 'thresholdReached: ({ context }, params: Ended) => params.epoch === context.epoch\n      && (', by: 'thresholdReached: ({ context }, params: Ended) => (',
  },
  {
    property: 'P5', fault: 'An abort between two attempts is noticed after the wait.',
    file: 'machines/retry-sequencer.ts', replace: "on: { ABORT: 'aborted' },", by: '',
  },
  {
    property: 'P5', fault: 'The guard’s own retries go on after an abort.',
    file: 'src/guard/retry-mirror.ts', replace: "if (event.type === 'ABORT') this.#end();", by: "if (event.type === 'ABORT') return;",
  },
  {
    property: 'P6', fault: 'A caller’s abort is reported as a timeout.',
    file: 'src/guard/call.ts', replace: 'this.#leave(new AbortedError(this.#host.name, outcome, { cause: reasonOf(this.#signal) }));',
    by: "this.#leave(new TimeoutError(this.#host.name, 0, outcome));",
  },
  {
    property: 'P7', fault: 'A caller’s mistake counts as a failure of the dependency.',
    file: 'src/guard/call.ts', replace: "if (this.#lastClass !== 'caller') this.#host.breaker.tell", by: 'if (this.#settled) this.#host.breaker.tell',
  },
  {
    property: 'P7', fault: 'An operation that was cancelled counts as a failure of the dependency.',
    file: 'src/guard/classify.ts', replace: "  if (cancellations.has(name)) return 'caller';\n", by: '',
  },
  {
    property: 'P7', fault: 'A probe whose caller goes away counts as passed.',
    file: 'src/guard/call.ts', replace: '    if (this.probe) this.#host.breaker.abandonProbe(this.#first.epoch);\n    this.#sequencer', by: "    if (this.probe) this.#host.breaker.tell({ type: 'SUCCESS', epoch: this.#first.epoch });\n    this.#sequencer",
  },
  {
    property: 'P8', fault: 'Errors that another attempt cannot cure are retried.',
    file: 'machines/retry-sequencer.ts', replace: 'params.retryable && context.attempt < context.attempts', by: 'context.attempt < context.attempts',
  },
  {
    property: 'P8', fault: 'The guard retries whatever the failure says.',
    file: 'src/guard/call.ts', replace: "this.#lastClass === 'transient' && !this.probe", by: '!this.probe',
  },
  {
    property: 'P9', fault: 'What a caller gets is an error of the guard’s own, not the cause.',
    file: 'src/guard/call.ts', replace: 'this.#first.reject(withAttempts(error, this.#failures ?? []));', by: "this.#first.reject(withAttempts(new Error('Retries exhausted.'), this.#failures ?? []));",
  },
  {
    property: 'P10', fault: 'How long a breaker stays open is reckoned by the wall clock.',
    file: 'src/guard/breaker.ts', replace: 'Math.max(0, this.#openUntil - this.#host.clock.now())', by: 'Math.max(0, this.#openUntil - this.#host.clock.wallTime())',
  },
  {
    property: 'P10', fault: 'An attempt is given up when the machine has slept past its deadline.',
    file: 'src/guard/deadlines.ts', replace: 'if (late > timerSlack && this.first.began > this.#stretched) this', by: 'if (late === Infinity) this',
  },
  {
    property: 'P10', fault: 'A machine that sleeps between two attempts uses the time budget up.',
    file: 'src/guard/call.ts', replace: 'Math.min(this.#host.clock.now() - this.#restsSince, 2 * waited + timerSlack)', by: 'this.#host.clock.now() - this.#restsSince',
  },
  {
    property: 'P11', fault: 'A breaker that was open when the process ended waits its whole time again.',
    file: breaker, replace: 'openFor: ({ context }) => context.restore?.remaining ?? context.wait,', by: 'openFor: ({ context }) => context.wait,',
  },
  {
    property: 'P11', fault: 'A breaker held open starts again as one that is merely open.',
    file: breaker, replace: "{ guard: 'wasHeld', target: 'OPEN.held' },", by: "{ guard: 'wasHeld', target: 'OPEN' },",
  },
  {
    property: 'P12', fault: 'What a listener throws reaches whoever has told it.',
    file: 'src/service/emitter.ts', replace: '      } catch (error) {\n        this.#onError(error);', by: '      } catch (error) {\n        throw error;',
  },
  {
    property: 'P13', fault: 'The timeout of one call ends the next one on the list as well.',
    file: 'src/guard/deadlines.ts', replace: 'while (this.first !== undefined && this.#due(this.first) <= now) {', by: 'while (this.first !== undefined) {',
  },
  {
    property: 'P14', fault: 'Everything that waits for the abort of a call adds a listener of its own.',
    file: 'src/guard/abort-fanout.ts', replace: '  fanouts.set(signal, { members, listener });\n', by: '',
  },
  {
    property: 'P14', fault: 'Every attempt sets a timer of its own.',
    file: 'src/guard/deadlines.ts', replace: 'this.#timer ??= this.#arm(this.duration);', by: 'this.#timer = this.#arm(this.duration);',
  },
  {
    property: 'P15', fault: 'With each failure one observer more hears of the next.',
    file: 'src/guard/breaker.ts', replace: '    if (actor === this.actor) return;\n    this.actor = actor;', by: '    this.actor = actor;',
  },
  {
    property: 'P16', fault: 'Evidence of recovery while the breaker rests is forgotten.',
    file: breaker, replace: 'rememberEvidence: assign({ evidence: true }),', by: 'rememberEvidence: assign({ evidence: false }),',
  },
  {
    property: 'P16', fault: 'A file that looks well closes the breaker.',
    file: 'src/service/writes/file-queue.ts', replace: 'this.options.probe().then(() => looksWell.abort())', by: 'this.options.probe()',
  },
  {
    property: 'P16', fault: 'The wait for the next write stays short however many have failed.',
    file: recovery, replace: 'firstWait * 2 ** (fruitless - 1)', by: 'firstWait',
  },
  {
    property: 'P16', fault: 'A write that was let through in vain is not counted.',
    file: recovery, replace: "{ target: 'open', actions: [noteOpening, 'countFruitless'] }", by: "{ target: 'open', actions: noteOpening }",
  },
  {
    property: 'P16', fault: 'A look that sees an obstacle go away waits like any other.',
    file: recovery, replace: "on: { LOOKED_WELL: { actions: 'letThrough' } },", by: "on: { LOOKED_WELL: { guard: { type: 'hasWaited', params: theEvent }, actions: 'letThrough' } },",
  },
  {
    property: 'P16', fault: 'What a look in the place of a probe has seen is forgotten.',
    file: recovery, replace: "{ target: '#recovery.open.watched.cause.seen', actions: noteOpening }", by: "{ target: '#recovery.open', actions: noteOpening }",
  },
  {
    property: 'P16', fault: 'Looks that hang keep no other from being made.',
    file: recovery, replace: 'context.looks < enoughLooks', by: 'context.looks < Infinity',
  },
  {
    property: 'P16', fault: 'The file of a breaker that an operator holds is looked at.',
    file: recovery, replace: ", HELD: '.held' },", by: ' },',
  },
  {
    property: 'P16', fault: 'When the breaker closes the queue stays paused.',
    file: queue, replace: "RESUME: { target: 'idle', actions: 'resume' },", by: "RESUME: { target: 'idle' },",
  },
  {
    property: 'P20', fault: 'What the store says is taken for the truth: nothing is read back.',
    file: 'src/service/writes/save.ts', replace: 'if (sameData(values[index], value)) cell.stored', by: 'if (true as boolean) cell.stored',
  },
  {
    property: 'P20', fault: 'A write is acknowledged before readers can see it.',
    file: 'src/service/writes/writing.ts', replace: '    this.#unconfirmed.acknowledge(location, value);\n    this.#loading.refresh([location.key]);', by: '    this.#unconfirmed.acknowledge(location, value);',
  },
  {
    property: 'P21', fault: 'A write that lands late and undoes a newer one is left as it is.',
    file: 'src/service/writes/unconfirmed.ts', replace: "    if (each.actor.getSnapshot().matches({ unconfirmed: 'restoring' })) void this.#restore(id, each, this.#acknowledged.get(id)!);\n", by: '',
  },
  {
    property: 'P22', fault: 'A value that is refused is replaced by the default.',
    file: 'src/service/writes/save.ts', replace: '        own.set(cell, asked.value);\n        continue;', by: '        own.set(cell, asked.value === undefined ? 3 : asked.value);\n        continue;',
  },
  {
    property: 'P23', fault: 'The newest write goes first.',
    file: queue, replace: 'context.waiting.concat(params.ticket)', by: '[params.ticket, ...context.waiting]',
  },
  {
    property: 'P23', fault: 'A queue starts the next write while one is in flight.',
    file: queue, replace: "{ guard: 'hasInFlight', target: 'writing' },", by: '',
  },
  {
    property: 'P24', fault: 'A transaction that fails leaves what it has stored so far.',
    file: 'src/service/writes/transaction.ts', replace: 'if (failure !== undefined) await this.#rollBack();', by: 'if (failure !== undefined) this.#touched.length = 0;',
  },
  {
    property: 'P24', fault: 'Readers see half of a transaction.',
    file: 'src/service/reads/snapshot.ts', replace: '.filter((key) => this.#served.has(key) && !this.#held.has(key));', by: '.filter((key) => this.#served.has(key));',
  },
  {
    property: 'P25', fault: 'The queue takes one write more than it has room for.',
    file: 'src/service/writes/file-queue.ts', replace: 'this.#writes.size - underWay >= this.options.capacity', by: 'this.#writes.size - underWay > this.options.capacity',
  },
  {
    property: 'P26', fault: 'An attempt that hangs is never given up.',
    file: 'src/guard/call.ts', replace: '    this.list.add(this);\n', by: '',
  },
  {
    property: 'P26', fault: 'A failure that throws when it is looked at is not classified, and its call hangs.',
    file: 'src/guard/classify.ts', replace: "  } catch {\n    return 'transient';", by: '  } catch (unreadable) {\n    throw unreadable;',
  },
  {
    property: 'P26', fault: 'A failure that throws when the attempts are attached to it is never told.',
    file: 'src/guard/call.ts', replace: '  } catch {\n    // It is the cause all the same.', by: '  } catch (unreadable) {\n    throw unreadable;',
  },
  {
    property: 'P26', fault: 'What a store rejects with is handed on as it is when it throws where it is looked at.',
    file: 'src/service/writes/outcome.ts', replace: '  } catch {\n    // Looking at it throws.', by: '  } catch {\n    throw error;',
  },
  {
    property: 'P26', fault: 'The first wait may exceed the time budget.',
    file: 'machines/retry-sequencer.ts', replace: 'context.delay < context.remaining()', by: 'context.remaining() > 0',
  },
  {
    property: 'P26', fault: 'Disposal forgets the writes that have not come to an end.',
    file: 'src/service/writes/file-queue.ts', replace: '    for (const write of left) write.fail(new DisposedError(this.options.name));\n', by: '',
  },
  {
    property: 'P27', fault: 'A write that waits while the breaker is open is lost when it fails as the probe.',
    file: queue, replace: "{ guard: { type: 'isLastInFlight', params: theEvent }, target: 'idle', actions: { type: 'putBack', params: theEvent } },", by: "{ guard: { type: 'isLastInFlight', params: theEvent }, target: 'idle', actions: { type: 'settle', params: theEvent } },",
  },
  {
    property: 'P27', fault: 'A write whose caller has left is written all the same.',
    file: queue, replace: 'waiting: ({ context }, params: WriteTicket) => without(context.waiting, params)', by: 'waiting: ({ context }) => context.waiting',
  },
  {
    property: 'P28', fault: 'An update function gets the value served, not the one stored.',
    file: 'src/service/writes/save.ts', replace: 'own.set(cell, asked.compute(before));', by: 'own.set(cell, asked.compute(undefined));',
  },
  {
    property: 'P28', fault: 'A change from outside between reading and writing is overwritten.',
    file: 'src/service/writes/save.ts', replace: 'expected === undefined ? { signal } : { signal, expected }', by: '{ signal }',
  },
  {
    property: 'P28', fault: 'What was computed before another program saved the file is stored after it.',
    file: 'src/service/writes/save.ts', replace: 'own.set(cell, asked.compute(before));',
    by: 'own.set(cell, ((asked as { first?: { value: unknown } }).first ??= { value: asked.compute(before) }).value);',
  },
  {
    property: 'P28', fault: 'While another program saves the file nothing is computed again: the update fails.',
    file: 'src/service/writes/looks.ts', replace: "error instanceof StoreError && error.reason === 'newer';", by: 'error === undefined;',
  },
  {
    property: 'P29', fault: 'A write nobody knows the end of is reported as not stored.',
    file: 'src/service/writes/save.ts', replace: 'return current === undefined || cell.isUnsettled || isBuiltOn || !speaksForItself;', by: 'return false;',
  },
  {
    property: 'P29', fault: 'Nothing says that a stored value is shadowed by a higher layer.',
    file: 'src/service/writes/writing.ts', replace: 'superseded ? undefined : this.#shadow(write)', by: 'undefined as string | undefined',
  },
  {
    property: 'P29', fault: 'The journal forgets what is in doubt, so that no later process can tell what became of it.',
    file: 'src/service/writes/writing.ts', replace: 'if (![write, ...write.overtaken].some(({ inDoubt }) => inDoubt.has(key))) this.#journal.remove(write.id, key, target);', by: 'this.#journal.remove(write.id, key, target);',
  },
  {
    property: 'P30', fault: 'What is stored is served without a look at the schema.',
    file: 'src/service/reads/snapshot.ts', replace: 'if (checked.ok) return { value: checked.value, origin, issue: this.#issueOf(key, checked, origin) };', by: 'return { value: effective, origin, issue: undefined };',
  },
  {
    property: 'P31', fault: 'One illegal value makes all of them fall back.',
    file: 'src/service/reads/snapshot.ts', replace: '    if (changes.length === 0) return changes;\n', by: '    if (this.#windowIssues.size > 0) for (const key of this.#definition.keys) changes.push({ key, scope: {}, now: this.#definition.defaults[key], before: this.#values[key] });\n    if (changes.length === 0) return changes;\n',
  },
  {
    property: 'P32', fault: 'The record of all values can be changed by its readers.',
    file: 'src/service/reads/snapshot.ts', replace: 'return Object.freeze(Object.assign(Object.create(null) as Values, values));', by: 'return Object.assign(Object.create(null) as Values, values);',
  },
  {
    property: 'P33', fault: 'Listeners hear of values that have not changed.',
    file: 'src/service/reads/changes.ts', replace: '      if (sameData(now, known)) return undefined;\n', by: '',
  },
  {
    property: 'P34', fault: 'What is stored for a folder or a language is not served there.',
    file: 'src/service/reads/snapshot.ts', replace: 'readSetting(this.#definition, this.#store, key, scope), lastGood);', by: 'readSetting(this.#definition, this.#store, key, {}), lastGood);',
  },
  {
    property: 'P40', fault: 'Disposal leaves the look for evidence running.',
    file: 'src/service/writes/file-queue.ts', replace: "this.#recovery.send({ type: 'END' });", by: '',
  },
  {
    property: 'P40', fault: 'Disposal waits for writes that hang.',
    file: lifecycle, replace: "after: { drainLimit: 'disposed' },", by: '',
  },
  {
    property: 'P40', fault: 'A disposed service goes on listening to its store.',
    file: 'src/service/service.ts', replace: 'disposeAll([this.#storeSubscription, this.#context.store])', by: 'disposeAll([this.#context.store])',
  },
  {
    property: 'P41', fault: 'A listener that has left is kept, and called.',
    file: 'src/service/emitter.ts', replace: 'return { dispose: () => void this.#listeners?.delete(entry) };', by: 'return { dispose: () => undefined };',
  },
  {
    property: 'P42', fault: 'A crashed actor is not started again.',
    file: supervisor, replace: "{ actions: ['countCrash', 'restartChild'] },", by: "{ actions: ['countCrash'] },",
  },
  {
    property: 'P42', fault: 'Old crashes count for ever, so that the supervisor gives up in the end.',
    file: supervisor, replace: 'forgetCrash: assign({ crashes: ({ context }) => context.crashes - 1 }),', by: 'forgetCrash: assign({ crashes: ({ context }) => context.crashes }),',
  },
  {
    property: 'P42', fault: 'A queue that is started again after a crash forgets what waited.',
    file: 'src/service/writes/file-queue.ts', replace: 'waiting: [...this.#writes.values()].filter((write) => !this.#inTurn.includes(write)).map(({ id }) => ({ id })),', by: 'waiting: [],',
  },
  {
    property: 'P43', fault: 'The timer of the deadlines goes on when there is none.',
    file: 'src/guard/deadlines.ts', replace: 'if (this.first !== undefined) this.#timer ??= this.#arm(this.#due(this.first) - now);', by: 'if (this.#timer === undefined) this.#timer = this.#arm(this.first === undefined ? this.duration : this.#due(this.first) - now);',
  },
  {
    property: 'P60', fault: 'Health does not know of an open breaker.',
    file: supervisor, replace: " || modes.includes('OPEN')) return 'unhealthy';", by: ") return 'unhealthy';",
  },
  {
    property: 'P70', fault: 'One call more runs than there are slots.',
    file: bulkhead, replace: 'return this.running < limit && (', by: 'return this.running <= limit && (',
  },
  {
    property: 'P70', fault: 'One call more waits than the queue has room for.',
    file: bulkhead, replace: 'if (this.waiting >= queue) {', by: 'if (this.waiting > queue) {',
  },
  {
    property: 'P70', fault: 'Calls that are not interactive take the reserve.',
    file: bulkhead, replace: 'this.#others < limit - reserve', by: 'this.#others < limit',
  },
  {
    property: 'P70', fault: 'A call that is aborted keeps its place in the queue.',
    file: 'src/guard/arrival.ts', replace: '    this.#end();\n    this.leave();', by: '    this.#end();',
  },
  {
    property: 'P70', fault: 'A call that ends keeps its slot.',
    file: 'src/guard/call.ts', replace: "    host.limit?.give(this.call?.priority ?? 'normal');\n", by: '',
  },
  {
    property: 'P71', fault: 'A background call waits as long as more urgent ones come.',
    file: bulkhead, replace: 'if (this.#overtaken >= this.options.overtakes) first = oldest;', by: '',
  },
  {
    property: 'P71', fault: 'The machine lets background calls wait as long as more urgent ones come.',
    file: 'machines/bulkhead.ts', replace: 'if (context.overtaken >= context.overtakes) return candidates[0];', by: '',
  },
  {
    property: 'P71', fault: 'The youngest of a priority goes first.',
    file: 'machines/bulkhead.ts', replace: 'candidates.toSorted(', by: 'candidates.toReversed().toSorted(',
  },
  {
    property: 'P74', fault: 'A window opens before there are enough calls.',
    file: window, replace: 'return calls >= minimum && (', by: 'return (',
  },
  {
    property: 'P74', fault: 'What is older than the window is counted.',
    file: window, replace: '    this.#failuresInAll -= this.#failures[at]!;\n', by: '',
  },
  {
    property: 'P74', fault: 'No call is slow.',
    file: window, replace: '      this.#next.slow = true;\n', by: '',
  },
  {
    property: 'P74', fault: 'A window of time never moves on.',
    file: window, replace: '      if (this.actor === undefined) this.#window.turn();\n', by: '      if (this.actor === undefined) continue;\n',
  },
  {
    property: 'P74', fault: 'Slow calls never open the breaker, as long as they succeed.',
    file: breaker, replace: "{ guard: { type: 'shareReached', params: theEvent }, target: 'OPEN' },", by: '',
  },
  {
    property: 'P75', fault: 'OPEN is as long after a probe that failed as before.',
    file: breaker, replace: 'countReopening: assign({ reopened: ({ context }) => context.reopened + 1 }),', by: 'countReopening: assign({ reopened: ({ context }) => context.reopened }),',
  },
  {
    property: 'P75', fault: 'OPEN stays long after the breaker has closed.',
    file: breaker, replace: 'forgetReopenings: assign({ reopened: 0 }),', by: 'forgetReopenings: assign({}),',
  },
  {
    property: 'P76', fault: 'The first of several probes that fails opens it, whatever share must succeed.',
    file: breaker, replace: 'context.probesFailed + 1 > context.probes - needed(context)', by: 'context.probesFailed + 1 > 0',
  },
  {
    property: 'P78', fault: 'A retry is sent before the time that the dependency has named.',
    file: 'src/guard/retry-mirror.ts', replace: ', this.#call.earliest());', by: ', 0);',
  },
  {
    property: 'P78', fault: 'The machine sends a retry before the time that the dependency has named.',
    file: 'machines/retry-sequencer.ts', replace: 'context.earliest?.() ?? 0', by: '0',
  },
  {
    property: 'P81', fault: 'A retry is made though none is left.',
    file: 'src/guard/retry-mirror.ts', replace: ' || !this.#call.affords()', by: '',
  },
  {
    property: 'P81', fault: 'The machine makes a retry though none is left.',
    file: 'machines/retry-sequencer.ts', replace: "isAfforded: ({ context }) => context.afforded,", by: 'isAfforded: () => true,',
  },
];
