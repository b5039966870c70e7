'use strict';
/**
 * Stands in for @vscode/spdlog, a native module that writes VS Code's log files and, with them, every output channel
 * made with `{ log: true }`. Without it those channels stay empty. It writes at once and does not rotate: the logs of
 * a test or a demonstration are short, and their folder goes away with the server.
 */
const fs = require('node:fs');
const path = require('node:path');

const levels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'];

class Logger {
  constructor(_kind, _name, file) {
    this.file = file;
    this.level = 0;
    this.plain = false;
  }
  trace(message) { this.write(0, message); }
  debug(message) { this.write(1, message); }
  info(message) { this.write(2, message); }
  warn(message) { this.write(3, message); }
  error(message) { this.write(4, message); }
  critical(message) { this.write(5, message); }
  getLevel() { return this.level; }
  setLevel(level) { this.level = level; }
  /** VS Code knows one pattern: time, level, message. */
  setPattern() { this.plain = false; }
  clearFormatters() { this.plain = true; }
  flush() {}
  drop() {}

  write(level, message) {
    if (level < this.level) return;
    const line = this.plain ? message : `${timestamp()} [${levels[level]}] ${message}\n`;
    try {
      fs.appendFileSync(this.file, line);
    } catch {
      // The folder is already gone: the server is ending.
    }
  }
}

function timestamp() {
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  return local.toISOString().replace('T', ' ').replace('Z', '');
}

async function createLogger(name, file) {
  await fs.promises.mkdir(path.dirname(file), { recursive: true });
  fs.appendFileSync(file, '');
  return new Logger('rotating', name, file);
}

// One by one, because VS Code imports this as an ES module, and Node finds the names by reading such lines.
exports.version = 11300;
exports.Logger = Logger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
