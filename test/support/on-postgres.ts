/** Whether the vaults of this run are in PostgreSQL. For tests that work on the SQLite file itself. */
export const ON_POSTGRES = process.env['LARDER_TEST_DATABASE'] === 'postgres'
