import { ConfigurationError, type FailureClass } from '../errors.ts';

/** Errno codes that another attempt does not cure. */
const lasting = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ENAMETOOLONG', 'ENOSYS']);

/** The names of errors that mean "cancelled": on the web and in Node, in VS Code, in axios. */
const cancellations = new Set<unknown>(['AbortError', 'Canceled', 'CanceledError']);

/**
 * What a failure says: whether another attempt can help, and whether the dependency is to blame. A cancelled operation says
 * nothing about the dependency (P7). Unknown errors count as transient, as in other libraries, and so do values that throw
 * when they are inspected.
 */
export function classifyFailure(error: unknown): FailureClass {
  try {
    return classOf(error);
  } catch {
    return 'transient';
  }
}

function classOf(error: unknown): FailureClass {
  if (error instanceof ConfigurationError) return error.failureClass;
  const { code, name } = (error ?? {}) as { readonly code?: unknown; readonly name?: unknown };
  if (cancellations.has(name)) return 'caller';
  return typeof code === 'string' && lasting.has(code) ? 'permanent' : 'transient';
}
