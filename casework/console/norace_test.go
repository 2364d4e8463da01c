//go:build !race

package console_test

const cases = 100_000
