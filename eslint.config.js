// @ts-check
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Only src/config reads the environment, and nobody in src starts a process or writes to the console. */
const srcRestrictions = {
  'no-console': 'error',
  'no-restricted-properties': [
    'error',
    { object: 'process', property: 'env', message: 'Only src/config reads the environment: inject AppConfig.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'ImportExpression', message: 'No lazy import(): it hides a dependency from the import directions.' },
    { selector: "Identifier[name='forwardRef']", message: 'No forwardRef: dependencies point one way.' },
    { selector: 'ExportAllDeclaration', message: 'No barrels.' },
    {
      selector: "ImportDeclaration[source.value='node:process'], ImportDeclaration[source.value='process']",
      message: 'Only src/config reads the environment.',
    },
  ],
};

const sizes = {
  'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }],
};

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/', 'coverage/', '.demo/', '.services/', 'bench/results/', '**/*.d.mts'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylistic],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-deprecated': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { inheritedMethods: false } }],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'error',
      // An index that was just checked is asserted; noUncheckedIndexedAccess leaves no better way in hot loops.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // An empty method is how a class says that it has nothing to do here.
      '@typescript-eslint/no-empty-function': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/**/*.spec.ts'],
    rules: { ...srcRestrictions, ...sizes },
  },
  { files: ['src/config/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['src/cli/**/*.ts'],
    ignores: ['src/**/*.spec.ts'],
    rules: {
      'no-console': 'off',
      // The code of a command is loaded when it is called; dependency-cruiser follows it all the same.
      'no-restricted-syntax': withoutImportExpression(srcRestrictions['no-restricted-syntax']),
    },
  },
  {
    files: ['test/**/*.ts', 'src/**/*.spec.ts', 'bench/**/*.ts'],
    rules: {
      'max-lines': sizes['max-lines'],
      // Matchers of the test runner are typed `any`, and fakes fail with whatever libraries fail with.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    files: ['src/realtime/public/**/*.js'],
    languageOptions: {
      globals: { document: 'readonly', navigator: 'readonly', sessionStorage: 'readonly', window: 'readonly' },
    },
    rules: { 'max-lines-per-function': sizes['max-lines-per-function'] },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: { ...nodeGlobals() } },
    rules: {
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'max-lines': sizes['max-lines'],
    },
  },
);

/** The same rule without its say about `import()`. */
function withoutImportExpression([level, ...restrictions]) {
  return [level, ...restrictions.filter(({ selector }) => selector !== 'ImportExpression')];
}

function nodeGlobals() {
  const names = ['AbortController', 'AbortSignal', 'Buffer', 'URL', 'URLSearchParams', 'clearInterval', 'clearTimeout'];
  const more = [
    'console',
    'crypto',
    'fetch',
    'module',
    'performance',
    'process',
    'require',
    'setImmediate',
    'setInterval',
    'setTimeout',
    'structuredClone',
  ];
  return Object.fromEntries([...names, ...more].map((name) => [name, 'readonly']));
}
