/**
 * Which VS Codes we test in: the newest, and the oldest we promise (`engines.vscode` in package.json).
 *
 * The npm package `code-server` carries a complete VS Code server and workbench, so a registry client is
 * all it takes to get one. Version and content hash are pinned: a run next year tests the same bytes.
 */
export interface PinnedServer {
  /** Version of the `code-server` package. */
  readonly codeServer: string;
  /** Content hash of its tarball, in the form that npm publishes. */
  readonly integrity: string;
  /** Size of the tarball in bytes, to say beforehand what a download costs. */
  readonly size: number;
}

export const servers = {
  '1.139.1': {
    codeServer: '4.139.1',
    integrity: 'sha512-fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
    size: 46_699_115,
  },
  '1.100.3': {
    codeServer: '4.100.3',
    integrity: 'sha512-q/Fh2DOxCRNhC/WiG/6sAhSKnj7ZACTVBaeeZ+rWjol//0FCbl/qg1ln5ecZ99jYcfqMxZZAyWcN+YBIo0DgpA==',
    size: 42_359_100,
  },
} as const satisfies Record<string, PinnedServer>;

export type VscodeVersion = keyof typeof servers;

export const vscodeVersions = Object.keys(servers) as VscodeVersion[];

/** What `npm start` and the demonstrations run in. */
export const defaultVersion: VscodeVersion = '1.139.1';

/** Reads a version from the environment or a command line; says which ones there are when it is none of them. */
export function asVersion(text: string | undefined): VscodeVersion {
  if (text === undefined || text === '') return defaultVersion;
  const found = vscodeVersions.find((version) => version === text);
  if (found === undefined) throw new Error(`No VS Code ${text} is pinned here. There are: ${vscodeVersions.join(', ')}.`);
  return found;
}
