import type { Page } from 'playwright-core';

/** How VS Code's policy service answers for one policy, in all versions that are pinned here. */
const asked = 'getPolicyValue(e){return this.policies.get(e)}';

/**
 * Lets a workbench find these policies, by name. On a desktop an administrator sets them in the operating system (the
 * registry, a profile, /etc/vscode/policy.json), where a workbench in a browser does not look: so what it is told of
 * the operating system is made up here. All that it does with it is VS Code's own.
 */
export async function setPolicies(page: Page, policies: Record<string, unknown>): Promise<void> {
  await page.route(/\/workbench\.js$/, async (route) => {
    const response = await route.fetch();
    const text = await response.text();
    if (!text.includes(asked)) throw new Error('This VS Code asks for policies in another way.');
    // As the services of the operating systems do, it knows only those that a setting has declared.
    const answer = `getPolicyValue(e){return e in (this.policyDefinitions??{})?(${JSON.stringify(policies)})[e]:this.policies.get(e)}`;
    await route.fulfill({ response, body: text.replace(asked, answer) });
  });
}
