//go:build !race

package journal_test

const usualKills = 40
