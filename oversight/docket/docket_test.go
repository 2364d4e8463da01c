package docket_test

import (
	"testing"

	"rowan/oversight/workday"
	"rowan/rulebook"
)

func england(t testing.TB) *workday.Calendar {
	t.Helper()
	c, err := workday.England()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(text string) rulebook.Date {
	d, err := rulebook.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}
