//go:build race

package delivery_test

// The race detector makes SQLite in Go many times slower: the bound in time is
// held without it, everything else with it.
const underLoad = 1_000
