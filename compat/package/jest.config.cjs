// How the tests of a CommonJS application load an ES module before Node 24.9: Jest has no require() of them until then.
module.exports = {
  testMatch: ['<rootDir>/dist/**/*.test.js'],
  transform: {
    '^.+\\.js$': [require.resolve('@swc/jest'), { jsc: { target: 'es2022' }, module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(nestjs-nb-aiopool|leven|@standard-schema)/)'],
};
