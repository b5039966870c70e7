import { expect } from 'chai';
import { inspectorPage } from '../../../src/extension/inspector-page.ts';

const parts = { script: 'https://page/main.js', style: 'https://page/style.css', cspSource: 'https://page', language: 'en', texts: {} };

describe('The page of the State Inspector', () => {
  it('P53 lets nothing run but its own script, of this time, and asks nobody for anything', () => {
    const page = inspectorPage(parts);
    const [, policy] = /Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    const [, nonce] = /'nonce-([\w+/=-]{20,})'/.exec(policy!)!;
    expect(policy).to.equal(`default-src 'none'; script-src 'nonce-${nonce}'; style-src https://page`);
    expect(inspectorPage(parts)).not.to.contain(nonce);
    expect(page).not.to.match(/\s(on\w+|style)=/);
    expect([...page.matchAll(/<script([^>]*)>/g)].map(([, attributes]) => attributes)).to.deep.equal([' type="application/json" id="texts"', ` nonce="${nonce}" src="https://page/main.js"`]);
  });

  it('has every text of its skeleton in the language of VS Code', () => {
    const anything = new Proxy<Record<string, string>>({}, { get: (_, name) => (name === 'toJSON' ? undefined : '¤') });
    const body = inspectorPage({ ...parts, texts: anything }).replace(/^[^]*<body>|<script[^]*$/g, '');
    const texts = [...body.matchAll(/>([^<]*)<|(?:aria-label|title|placeholder)="([^"]*)"/g)].map(([, text, attribute]) => (text ?? attribute)!.trim());
    expect(texts.filter((text) => /\p{L}/u.test(text))).to.deep.equal([]);
    expect(texts.filter((text) => text === '¤')).to.have.length.greaterThan(30);
  });

  it('takes translations as texts, never as markup', () => {
    const page = inspectorPage({ ...parts, language: '"><b>', texts: { Live: '</script><img src=x onerror="x">' } });
    expect(page).not.to.match(/<(img|b)\b/).and.not.to.match(/<\/script><img/);
  });
});
