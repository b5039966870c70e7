/** What a suite in the browser prints arrives among everything else that VS Code logs: by this its lines are told. */
export const suiteMark = '[suite] ';

/** A suite in the browser has no environment: mocha's options for it are a user setting. */
export const mochaSetting = 'holdfast-tests.mocha';
