'use strict';
/**
 * Starts the Chromium that HOLDFAST_CHROMIUM names, with a pipe to Playwright, whose wish for events of the network it turns
 * into the opposite.
 *
 * Playwright wants them for every page, and cannot be told otherwise. With them Chromium describes each message of each
 * WebSocket, with its text, which Playwright reads and forgets. All that VS Code's window and its extension host say to each
 * other goes through one: the events took as much of the processor as VS Code did, and minutes beside a file of 10 MB.
 *
 * Playwright writes messages to descriptor 3, each ended by a zero, and reads answers from 4, which Chromium has directly.
 */
const { spawn } = require('node:child_process');
const { constants } = require('node:os');
const { Socket } = require('node:net');

// Scripts that Chromium fetches in the background it compiles anew, though it has kept them compiled: see compiled.ts.
const given = process.argv.slice(2).map((each) => (each.startsWith('--disable-features=') ? `${each},BackgroundResourceFetch` : each));
const child = spawn(process.env.HOLDFAST_CHROMIUM, given, { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 4] });
const toChromium = child.stdio[3];
const wish = Buffer.from('"method":"Network.enable"');
const opposite = Buffer.from('"method":"Network.disable"');
/** Where a message begins, it says its number and its method. */
const head = 100;

let rest = [];
// Not a stream of files: that reads in a thread, for which the end of this process would wait until there is something to read.
new Socket({ fd: 3, readable: true, writable: false }).on('data', (chunk) => {
  let from = 0;
  for (let zero = chunk.indexOf(0, from); zero !== -1; zero = chunk.indexOf(0, from)) {
    pass(Buffer.concat([...rest, chunk.subarray(from, zero + 1)]));
    rest = [];
    from = zero + 1;
  }
  if (from < chunk.length) rest.push(chunk.subarray(from));
}).once('end', () => toChromium.end());

function pass(message) {
  const at = message.subarray(0, head).indexOf(wish);
  toChromium.write(at === -1 ? message : Buffer.concat([message.subarray(0, at), opposite, message.subarray(at + wish.length)]));
}

// When Chromium has gone there is nobody to write to.
toChromium.on('error', () => {});
child.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
