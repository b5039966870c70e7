'use strict';

/**
 * yup, when it is first needed, and without waiting. It is CommonJS because every bundler understands `require` there, and puts
 * yup into the bundle if it is installed; and Node.js loads it from an ES module as well.
 *
 * @returns {typeof import('yup')}
 */
exports.loadYup = function loadYup() {
  try {
    return require('yup');
  } catch (cause) {
    throw new Error('This needs the package yup, which Holdfast does not bring along: npm install yup', { cause });
  }
};
