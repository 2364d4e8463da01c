//go:build race

package console_test

// cases is how many are stored where many are: under the race detector SQLite,
// which is Go here, takes ten times as long to be filled.
const cases = 10_000
