import { ConfigurationError, StoreError, storeReasons, type FailureClass } from '../errors.ts';

/** Errno codes that another attempt does not cure. */
const lasting = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EISDIR', 'EINVAL', 'ENAMETOOLONG', 'ENOSYS']);

/**
 * What a failure says: whether another attempt can help, and whether the dependency is to blame.
 * An error nobody knows is taken for transient, as is the field's custom.
 */
export function classifyFailure(error: unknown): FailureClass {
  if (error instanceof StoreError) return storeReasons[error.reason].class;
  if (error instanceof ConfigurationError) {
    if (error.code === 'TIMEOUT') return 'transient';
    return error.retryable ? 'transient' : 'caller';
  }
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && lasting.has(code) ? 'permanent' : 'transient';
}
