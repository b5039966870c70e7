'use strict';
/**
 * Stands in for VS Code's native watchdog, which ends an extension host whose parent is gone. The native one also
 * works while the extension host's event loop is blocked; the leash covers that case.
 */
exports.start = (parent) => {
  setInterval(() => {
    try {
      process.kill(parent, 0);
    } catch {
      process.exit(87);
    }
  }, 1000).unref();
};
exports.exit = (code) => process.exit(code);
