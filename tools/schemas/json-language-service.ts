/** What VS Code judges settings.json with, installed when it is first imported. */
import { installOrExit } from '../on-demand.ts';

await installOrExit('tools/schemas');
export const { getLanguageService, TextDocument } = (await import('vscode-json-languageservice')).default;
