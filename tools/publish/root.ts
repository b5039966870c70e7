/** Before `npm publish` in the root of the repository, also as a dry run: what is published is the package in out/packages, and by the release workflow. */
console.error('The root of the repository is never published. npm run package makes what is, in out/packages; npm run release -- --publish publishes it, in the release workflow.');
process.exitCode = 1;
