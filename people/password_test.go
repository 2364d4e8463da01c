package people_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rowan/people"
)

func TestAPasswordIsRightOrWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, other := rapid.String().Draw(t, "one"), rapid.String().Draw(t, "other")
		phc, err := people.HashPassword(one, cheap)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(phc, one) && len(one) > 3 {
			t.Fatalf("the hash %q holds the password", phc)
		}
		for _, try := range []string{one, other} {
			if right, err := people.CheckPassword(phc, try); err != nil || right != (try == one) {
				t.Fatalf("%q against that of %q: %v, %v", try, one, right, err)
			}
		}
	})
}

func TestTwoHashesOfAPasswordDiffer(t *testing.T) {
	a, errA := people.HashPassword("a long enough sentence", cheap)
	b, errB := people.HashPassword("a long enough sentence", cheap)
	if errA != nil || errB != nil || a == b {
		t.Errorf("%s and %s", a, b)
	}
}

func TestTheDefaultCostIsThatOfRFC9106(t *testing.T) {
	phc, err := people.HashPassword("a long enough sentence", people.DefaultCost())
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("%s, %v", phc, err)
	}
}

// The hash is what the reference program argon2 prints for
// printf password | argon2 somesalt -id -t 2 -m 16 -p 1 -e
// (test.c of the reference implementation).
func TestAHashOfTheReferenceImplementationIsRead(t *testing.T) {
	const phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for password, want := range map[string]bool{"password": true, "Password": false} {
		if got, err := people.CheckPassword(phc, password); err != nil || got != want {
			t.Errorf("%s: %v, %v", password, got, err)
		}
	}
}

func TestDamagedHashesAreErrors(t *testing.T) {
	for _, phc := range []string{
		"", "$", "plain text", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=16$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=8,t=1000000,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=8,t=0,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=8,t=1,p=1$!!$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$",
		"$argon2id$v=19$m=8,t=1,p=1,x=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA",
	} {
		if right, err := people.CheckPassword(phc, ""); err == nil || right {
			t.Errorf("%q was taken", phc)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA")
	f.Add("$argon2id$v=19$m=65536,t=3,p=4$$")
	f.Fuzz(func(t *testing.T, phc string) {
		cost, salt, sum, err := people.ParseHash(phc)
		if err != nil {
			return
		}
		// What is read can be computed, within bounds.
		if cost.Memory < 8 || cost.Memory > 1<<20 || cost.Time < 1 || cost.Time > 16 || cost.Threads < 1 || cost.Threads > 16 ||
			len(salt) < 8 || len(salt) > 64 || len(sum) < 16 || len(sum) > 64 {
			t.Errorf("%q: %+v, %d, %d", phc, cost, len(salt), len(sum))
		}
	})
}

func TestWhichPasswordsAreTaken(t *testing.T) {
	for password, good := range map[string]bool{
		"a sentence that is long": true, "fourteen chars": false, "fifteen letters": true, "": false,
		"somebody.with.a.long.login": false, "Somebody With A Long Name": false, "aaaaaaaaaaaaaaaaaaaa": false,
		strings.Repeat("ab", 256): true, strings.Repeat("ab", 257): false, "not\xfftext at all, you see": false, "fünfzehn Stellen": true,
	} {
		err := people.GoodPassword(password, "somebody.with.a.long.login", "somebody with a long name")
		if (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
		if _, ok := errors.AsType[people.BadPassword](err); err != nil && !ok {
			t.Errorf("%q: the error is a %T", password, err)
		}
	}
}

func TestNamesAndRolesAreChecked(t *testing.T) {
	h, ctx := newHouse(t, table), context.Background()
	h.add(t, "mo", people.Moderator)
	for _, c := range []struct {
		login string
		role  people.Role
		want  error
	}{{" MO ", people.Moderator, people.ErrTaken}, {"", people.Moderator, people.ErrLogin}, {"two words", people.Moderator, people.ErrLogin},
		{strings.Repeat("a", 101), people.Moderator, people.ErrLogin}, {"a\x00b", people.Moderator, people.ErrLogin}} {
		if _, err := h.Add(ctx, c.login, "", sentence, c.role); !errors.Is(err, c.want) {
			t.Errorf("%q: %v, want %v", c.login, err, c.want)
		}
	}
	if _, err := h.Add(ctx, "other", "", sentence, "no_such_role"); err == nil {
		t.Error("an unknown role was given")
	}
	if _, err := h.Person(ctx, "p-nobody"); !errors.Is(err, people.ErrNoPerson) {
		t.Errorf("got %v", err)
	}
	if _, err := h.SetRoles(ctx, "p-nobody", nil); !errors.Is(err, people.ErrNoPerson) {
		t.Errorf("got %v", err)
	}
}
