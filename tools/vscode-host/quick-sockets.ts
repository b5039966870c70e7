/**
 * A script that runs in VS Code's page before VS Code: WebSocket messages arrive as `ArrayBuffer` instead of `Blob`.
 *
 * Chromium keeps a `Blob` in its main process, and VS Code reads each with a `FileReader`, so every message crosses between
 * processes several more times. VS Code then handles the same bytes as before.
 */
export const quickSockets = `(() => {
  const Native = WebSocket;
  window.WebSocket = class WebSocket extends Native {
    constructor(...given) {
      super(...given);
      this.binaryType = 'arraybuffer';
    }
  };
  const read = FileReader.prototype.readAsArrayBuffer;
  FileReader.prototype.readAsArrayBuffer = function (data) {
    if (!(data instanceof ArrayBuffer)) return read.call(this, data);
    queueMicrotask(() => this.onload?.({ target: { result: data } }));
  };
})()`;
