import * as vscode from 'vscode';

/** A file system in memory, as a virtual workspace has: no path of it is on a disk. */
export class MemoryFiles implements vscode.FileSystemProvider {
  readOnly = false;
  /** It tells nobody of changes, so that VS Code goes on with what it has read. */
  silent = false;
  /** How often a file was read. */
  reads = 0;
  /** Is called before each file that is read. */
  onRead: (() => void) | undefined;
  /** Hears of each write that went well. */
  onWrite: (() => void) | undefined;
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly #files = new Map<string, { readonly type: vscode.FileType; readonly data: Uint8Array; readonly mtime: number }>();
  readonly #registration: vscode.Disposable;
  #time = 1;

  readonly onDidChangeFile = this.#changed.event;

  constructor(scheme: string) {
    this.#registration = vscode.workspace.registerFileSystemProvider(scheme, this);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { type, data, mtime } = this.#at(uri);
    return { type, ctime: 0, mtime, size: data.length };
  }

  readDirectory({ path }: vscode.Uri): [string, vscode.FileType][] {
    return [...this.#files].filter(([name]) => name.startsWith(`${path}/`) && !name.slice(path.length + 1).includes('/')).map(([name, { type }]) => [name.slice(path.length + 1), type]);
  }

  createDirectory({ path }: vscode.Uri): void {
    this.#files.set(path, { type: vscode.FileType.Directory, data: new Uint8Array(), mtime: this.#time++ });
  }

  readFile(uri: vscode.Uri): Uint8Array {
    this.reads++;
    this.onRead?.();
    return this.#at(uri).data;
  }

  writeFile(uri: vscode.Uri, data: Uint8Array): void {
    if (this.readOnly) throw vscode.FileSystemError.NoPermissions(uri);
    this.#files.set(uri.path, { type: vscode.FileType.File, data, mtime: this.#time++ });
    if (!this.silent) this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
    this.onWrite?.();
  }

  delete(uri: vscode.Uri): void {
    this.#files.delete(uri.path);
  }

  rename(from: vscode.Uri, to: vscode.Uri): void {
    this.#files.set(to.path, this.#at(from));
    this.#files.delete(from.path);
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }

  #at(uri: vscode.Uri) {
    const found = this.#files.get(uri.path);
    if (found === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    return found;
  }
}
