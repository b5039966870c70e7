/**
 * The compiler that checks types and writes the declarations of the library: TypeScript 7, a native program, for a quarter of the
 * work. What asks a compiler something has TypeScript 6, whose interface is a library. Both would be `tsc` in node_modules/.bin.
 *
 * One thread: on several it takes more of the processor, which others have use for.
 */
export const typeChecker = ['node_modules/typescript-native/bin/tsc', '--singleThreaded'];
