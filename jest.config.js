// names the databases of this run on the server of TEST_MONGODB_URI, which are dropped when it ends
process.env['TEST_RUN'] ??= String(process.pid);

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/data'],
  globalTeardown: '<rootDir>/test/support/drop-databases.ts',
  testSequencer: '<rootDir>/test/support/longest-first.ts',
  // on two cores jest would run one file at a time, and most of them wait for their processes
  maxWorkers: 2,
  testTimeout: 180_000,
  // a test that fails may leave a worker behind; the run must still end
  forceExit: true,
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
