'use strict';
const vscode = require('vscode');

exports.run = async () => {
  const { cjs, esm } = await vscode.extensions.getExtension('strangers.stranger').activate();
  await cjs();
  console.log('the CommonJS extension ran');
  await esm();
  console.log('the ESM extension ran');
};
