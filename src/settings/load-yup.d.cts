/**
 * yup, when it is first needed, and without waiting.
 * @throws Error that names the package, when it is not installed
 */
export function loadYup(): typeof import('yup');
