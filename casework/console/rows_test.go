package console

import (
	"fmt"
	"html/template"
	"testing"
	"time"

	"rowan/casework"
)

// A row is made again when its case, its holder or the time has changed, and
// shared otherwise.
func TestRowsAreSharedWhileNothingChanges(t *testing.T) {
	made := 0
	r := rows{render: func(r row) (template.HTML, error) {
		made++
		return template.HTML(fmt.Sprintf("%d at %d with %s", r.ID, r.Number, r.Holder)), nil
	}}
	now := time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)
	at := func(id casework.ID, number int, holder string) row {
		return row{casework.Brief{ID: id, Number: number}, holder}
	}
	for _, step := range []struct {
		after time.Duration
		row   row
		want  template.HTML
		made  int
	}{
		{0, at(1, 1, ""), "1 at 1 with ", 1},
		{time.Second / 2, at(1, 1, ""), "1 at 1 with ", 1},
		{time.Second / 2, at(1, 2, "Ada"), "1 at 2 with Ada", 2},
		{time.Second / 2, at(1, 2, ""), "1 at 2 with ", 3}, // her claim ran out
		{time.Second / 2, at(2, 2, ""), "2 at 2 with ", 4},
		{time.Second, at(2, 2, ""), "2 at 2 with ", 5}, // what is late now?
		{-time.Hour, at(2, 2, ""), "2 at 2 with ", 6},
	} {
		got, err := r.of([]row{step.row}, now.Add(step.after))
		if err != nil || len(got) != 1 || got[0] != step.want || made != step.made {
			t.Errorf("%+v: %q, made %d, %v", step, got, made, err)
		}
	}
}
