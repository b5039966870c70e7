/** What an extension does with the library. The test runs it as an ES module and as CommonJS, inside VS Code. */
import assert from 'node:assert/strict';
import { defineSettings, StoreError, superviseConfiguration } from 'holdfast/vscode';
import * as vscode from 'vscode';
import * as yup from 'yup';

/** @param section one of those in package.json */
export async function supervise(context: vscode.ExtensionContext, section: string): Promise<void> {
  const settings = defineSettings(section, {
    size: { schema: yup.number().integer().min(1).defined(), default: 3, description: 'How many.' },
    notInTheManifest: { schema: yup.number().defined(), default: 1, description: 'Forgotten.' },
  });
  const service = await superviseConfiguration(context, settings);
  assert.equal(service.get('size'), 3);
  await service.update('size', 5, { target: 'user' });
  assert.equal(vscode.workspace.getConfiguration(section).get('size'), 5);
  await assert.rejects(service.update('notInTheManifest', 2), (error) => error instanceof StoreError && error.reason === 'unregistered');
}
