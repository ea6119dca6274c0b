import base from '../../jest.config.js';

/** @type {import('jest').Config} */
export default {
  ...base,
  rootDir: 'dist',
  roots: ['<rootDir>/test/nest', '<rootDir>/test/testing', '<rootDir>/test/migrating'],
};
