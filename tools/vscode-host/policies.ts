import type { Page } from 'playwright-core';

/** How VS Code's policy service answers for one policy, in all versions that are pinned here. */
const asked = 'getPolicyValue(e){return this.policies.get(e)}';

/**
 * Lets the workbench that is opened next find these policies, by name. On a desktop an administrator sets them in the operating
 * system (the registry, a profile, /etc/vscode/policy.json), where a workbench in a browser does not look: so what it is told
 * of the operating system is made up here. All that it does with it is VS Code's own.
 *
 * @returns a function that ends it, for when the workbench has been loaded
 */
export async function setPolicies(page: Page, policies: Record<string, unknown>): Promise<() => Promise<void>> {
  // Over a line of its own: Playwright's routes need its events of the network, which this page has not (see browser.ts).
  const session = await page.context().newCDPSession(page);
  // What is in the cache is not asked for.
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  await session.send('Fetch.enable', { patterns: [{ urlPattern: '*/workbench.js', requestStage: 'Response' }] });
  session.on('Fetch.requestPaused', ({ requestId, responseHeaders = [] }) => void (async () => {
    const { body, base64Encoded } = await session.send('Fetch.getResponseBody', { requestId });
    const text = base64Encoded ? Buffer.from(body, 'base64').toString() : body;
    if (!text.includes(asked)) throw new Error('This VS Code asks for policies in another way.');
    // As the services of the operating systems do, it knows only those that a setting has declared.
    const answer = `getPolicyValue(e){return e in (this.policyDefinitions??{})?(${JSON.stringify(policies)})[e]:this.policies.get(e)}`;
    await session.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 200,
      responseHeaders: [
        ...responseHeaders.filter(({ name }) => !/^(content-encoding|content-length|cache-control|etag)$/i.test(name)),
        { name: 'cache-control', value: 'no-store' },
      ],
      body: Buffer.from(text.replace(asked, () => answer)).toString('base64'),
    });
  })());
  return () => session.detach();
}
