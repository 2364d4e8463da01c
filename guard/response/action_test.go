package response

import (
	"encoding"
	"encoding/json"
	"reflect"
	"testing"
)

func TestWordsReadBackAsTheSameValue(t *testing.T) {
	type named interface {
		encoding.TextAppender
		json.Marshaler
		String() string
	}
	check := func(v named, back any) {
		t.Helper()
		src, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if want := `"` + v.String() + `"`; string(src) != want {
			t.Errorf("JSON is %s, want %s", src, want)
		}
		if err := json.Unmarshal(src, back); err != nil {
			t.Fatal(err)
		}
		if got := reflect.ValueOf(back).Elem().Interface(); got != any(v) {
			t.Errorf("%s read back as %v", v, got)
		}
	}
	for l := None; l <= Critical; l++ {
		check(l, new(Level))
	}
	for a := Allow; a <= Block; a++ {
		check(a, new(Action))
	}
	for a := Support; a < accountActions; a++ {
		check(a, new(AccountAction))
	}
}

func TestUnknownWordsAndValuesAreErrors(t *testing.T) {
	if _, err := ParseAction("suspend"); err == nil || err.Error() != `unknown action "suspend"; it is one of allow, inform, ask, slow, hold, block` {
		t.Errorf("ParseAction: %v", err)
	}
	if _, err := ParseLevel(""); err == nil {
		t.Error("an empty level was read")
	}
	if err := json.Unmarshal([]byte(`["support","report"]`), new(AccountActions)); err == nil {
		t.Error("an unknown account action was read")
	}
	for _, v := range []json.Marshaler{Level(9), Action(9), AccountAction(9)} {
		if _, err := v.MarshalJSON(); err == nil {
			t.Errorf("%v was written", v)
		}
	}
	if got := Action(9).String(); got != "action(9)" {
		t.Errorf("Action(9) is %q", got)
	}
}

func TestAccountActionsAreAListOfWords(t *testing.T) {
	set := SetOf(Review, Support)
	src, err := json.Marshal(set)
	if err != nil || string(src) != `["support","review"]` {
		t.Fatalf("%s, %v", src, err)
	}
	var back AccountActions
	if err := json.Unmarshal(src, &back); err != nil || back != set {
		t.Errorf("read back %v, %v", back, err)
	}
	if src, _ := json.Marshal(AccountActions(0)); string(src) != "[]" {
		t.Errorf("the empty set is %s, want []", src)
	}
	for a := range set.All() {
		if a != Support {
			t.Errorf("first is %s", a)
		}
		break
	}
}

func TestAppendTextDoesNotAllocate(t *testing.T) {
	b := make([]byte, 0, 64)
	if n := testing.AllocsPerRun(100, func() {
		b, _ = Elevated.AppendText(b[:0])
		b, _ = Hold.AppendText(b)
		b, _ = Review.AppendText(b)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if string(b) != "elevatedholdreview" {
		t.Errorf("appended %q", b)
	}
}
