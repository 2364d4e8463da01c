//go:build !race

package delivery_test

const underLoad = 10_000
