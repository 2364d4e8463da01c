//go:build race

package journal_test

// The race detector makes a child's start several times slower.
const usualKills = 10
