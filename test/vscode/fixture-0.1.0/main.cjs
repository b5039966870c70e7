/** An extension as it was made with version 0.1.0 of the library. It starts when a test asks for it. */
const yup = require('yup');
const earlier = require('../../earlier/0.1.0/library.cjs');

exports.activate = async (context) => {
  const { defineSettings, superviseConfiguration } = earlier.vscode();
  const definition = defineSettings('fixtureEarlier', {
    count: { schema: yup.number().integer().min(1).max(50).defined(), default: 3, description: 'A number.' },
    token: { schema: yup.string().defined(), default: '', description: 'A secret.', secret: true },
  });
  // VS Code may take its time.
  return { service: await superviseConfiguration(context, definition, { guard: { timeout: 300_000, budget: 300_000 } }) };
};
