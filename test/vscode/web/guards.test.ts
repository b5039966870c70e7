import { guardsAreVisible } from '../guards-in-vscode.ts';

describe('A guard in the browser', () => {
  guardsAreVisible();
});
