import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ownDefinition } from '../../../src/extension/own-definition.ts';
import { isEndpoint, telemetryDestination } from '../../../src/extension/telemetry-destination.ts';

describe('Where the extension sends telemetry', () => {
  it('nowhere, unless a person has set an endpoint and VS Code’s telemetry is on', () => {
    expect(telemetryDestination('', true)).to.equal(undefined);
    expect(telemetryDestination('http://localhost:4318', false)).to.equal(undefined);
    expect(telemetryDestination('', false)).to.equal(undefined);
    expect(telemetryDestination(' http://localhost:4318/ ', true)).to.equal('http://localhost:4318');
    expect(telemetryDestination('https://collector.example/otlp', true)).to.equal('https://collector.example/otlp');
  });

  it('nowhere, when the endpoint is no address, or has a password in it', () => {
    for (const text of ['localhost:4318', 'file:///etc/passwd', 'ftp://host', 'javascript:alert(1)', 'http://', 'http://user:word@host', 'http://user@host', 'vscode://x']) {
      expect(isEndpoint(text), text).to.equal(false);
      expect(telemetryDestination(text, true), text).to.equal(undefined);
      expect(ownDefinition.check('telemetry.endpoint', text).ok, text).to.equal(false);
    }
    for (const text of ['', 'http://localhost:4318', 'https://collector.example/otlp']) expect(ownDefinition.check('telemetry.endpoint', text).ok, text).to.equal(true);
  });

  it('is not for a workspace to say, and nowhere by default', () => {
    const { contributes } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../../package.json'), 'utf8')) as { contributes: { configuration: { properties: Record<string, object> } } };
    expect(contributes.configuration.properties['holdfast.telemetry.endpoint']).to.include({ scope: 'machine', default: '' });
  });
});
