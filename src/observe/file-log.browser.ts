import { noDisk } from '../store/json-store.browser.ts';
import type * as onDisk from './file-log.ts';

/** In the place of file-log.ts in a browser. @throws StoreError `unsupported` */
export const FileLog = class FileLog {
  constructor() {
    throw noDisk('FileLog', '`MemoryLog`, or a sink of your own');
  }
} as unknown as typeof onDisk.FileLog;
