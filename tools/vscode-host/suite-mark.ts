/** What a suite in the browser prints arrives among everything else that VS Code logs: by this its lines are told. */
export const suiteMark = '[suite] ';
