package people_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rowan/people"
)

// No window of the limit's length ever has more attempts than it allows, and
// who waits as told may try.
func TestALimitHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := people.Limit{Most: rapid.IntRange(1, 6).Draw(t, "most"), Within: time.Duration(rapid.IntRange(1, 100).Draw(t, "within")) * time.Second}
		now := time.Unix(1_800_000_000, 0)
		var made []time.Time
		for range 40 {
			now = now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "pause")) * time.Second)
			wait := l.Wait(made, now)
			if wait > 0 && l.Wait(made, now.Add(wait-1)) == 0 || l.Wait(made, now.Add(wait)) != 0 {
				t.Fatalf("told to wait %v", wait)
			}
			if wait == 0 {
				made = append(made, now)
			}
			within := 0
			for _, at := range made {
				if now.Sub(at) < l.Within {
					within++
				}
			}
			if within > l.Most {
				t.Fatalf("%d attempts within %v", within, l.Within)
			}
		}
		shuffled := rapid.Permutation(made).Draw(t, "shuffled")
		if l.Wait(shuffled, now) != l.Wait(made, now) {
			t.Fatal("the order matters")
		}
	})
}

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

func (p *porch) tryPassword(login, password, address string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://127.0.0.1/login", strings.NewReader("login="+login+"&password="+password))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	from(address)(r)
	w := httptest.NewRecorder()
	p.gate.ServeHTTP(w, r)
	return w
}

func TestGuessingIsStoppedWhereItComesFrom(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	const here, there = "192.0.2.1:1234", "198.51.100.7:80"
	for i := range 5 {
		if got := p.tryPassword("mo", "wrong", here); got.Code != http.StatusUnauthorized {
			t.Fatalf("guess %d: status %d", i+1, got.Code)
		}
	}
	got := p.tryPassword("mo", "a+long+enough+sentence", here)
	if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "900" || !strings.Contains(got.Body.String(), "15 minutes") {
		t.Errorf("the right password after five guesses: status %d, %q", got.Code, got.Header().Get("Retry-After"))
	}
	if got := p.tryPassword("mo", "a+long+enough+sentence", there); got.Code != http.StatusSeeOther {
		t.Errorf("the person, from elsewhere: status %d", got.Code)
	}
	p.now = p.now.Add(15 * time.Minute)
	if got := p.tryPassword("mo", "a+long+enough+sentence", here); got.Code != http.StatusSeeOther {
		t.Errorf("15 minutes later: status %d", got.Code)
	}
}

func TestGuessingFromManyAddressesAndOfManyLogInsIsStopped(t *testing.T) {
	p := newPorch(t, func(o *people.DoorOptions) {
		o.Limits = people.Limits{Login: people.Limit{Most: 3, Within: time.Hour}, Address: people.Limit{Most: 4, Within: time.Hour}}
	})
	p.add(t, "mo", people.Moderator)
	var byLogin, byAddress []int
	for i := range 5 {
		byLogin = append(byLogin, p.tryPassword("mo", "wrong", "198.51.100."+string(rune('1'+i))+":80").Code)
		byAddress = append(byAddress, p.tryPassword("someone"+string(rune('1'+i)), "wrong", "192.0.2.1:80").Code)
	}
	if want := []int{401, 401, 401, 429, 429}; !slices.Equal(byLogin, want) {
		t.Errorf("one log-in from five addresses: %v, want %v", byLogin, want)
	}
	if want := []int{401, 401, 401, 401, 429}; !slices.Equal(byAddress, want) {
		t.Errorf("five log-ins from one address: %v, want %v", byAddress, want)
	}
}

// Nobody can find out by asking which log-ins there are.
func TestAnUnknownLogInIsAnsweredLikeAKnownOne(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	off := p.add(t, "off", people.Moderator)
	if _, err := p.Disable(t.Context(), off.ID, true); err != nil {
		t.Fatal(err)
	}
	for i := range 7 {
		known, unknown := p.tryPassword("mo", "wrong", "192.0.2.1:80"), p.tryPassword("nobody", "wrong", "192.0.2.2:80")
		disabled := p.tryPassword("off", "a+long+enough+sentence", "192.0.2.3:80")
		for _, other := range []*httptest.ResponseRecorder{unknown, disabled} {
			if known.Code != other.Code || known.Body.String() != other.Body.String() || len(known.Result().Cookies()) != len(other.Result().Cookies()) {
				t.Errorf("attempt %d: %d and %d\n%s\n%s", i+1, known.Code, other.Code, known.Body, other.Body)
			}
		}
	}
	// What was typed may be a password in the wrong field: it is kept nowhere.
	for _, in := range []string{"attempt", "audit"} {
		kept, err := p.Kept(t.Context(), in)
		if err != nil || len(kept) == 0 || strings.Contains(strings.Join(kept, " "), "nobody") {
			t.Errorf("%s: %q, %v", in, kept, err)
		}
	}
}

func TestWhereARequestComesFrom(t *testing.T) {
	p := newPorch(t, func(o *people.DoorOptions) {
		o.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	for _, c := range []struct {
		peer, forwarded, want string
	}{
		{"192.0.2.1:80", "", "192.0.2.1"},
		{"192.0.2.1:80", "203.0.113.9", "192.0.2.1"}, // not from a proxy of ours: a lie counts for nothing
		{"10.0.0.1:80", "203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:80", "203.0.113.66, 203.0.113.9", "203.0.113.9"},
		{"10.0.0.1:80", "203.0.113.66, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"10.0.0.1:80", "nonsense", "10.0.0.1"},
		{"10.0.0.1:80", "", "10.0.0.1"},
		{"[::1]:80", "::ffff:203.0.113.9", "203.0.113.9"},
		{"[2001:db8:1:2:3:4:5:6]:80", "", "2001:db8:1:2::/64"},
		{"pipe", "", "pipe"},
	} {
		r := httptest.NewRequest("GET", "/login", nil)
		r.RemoteAddr = c.peer
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := p.door.Address(r); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}

func TestALimitThatWouldBeForgottenIsRefused(t *testing.T) {
	h := newHouse(t, table)
	for _, l := range []people.Limit{{Most: 0, Within: time.Hour}, {Most: 1, Within: 25 * time.Hour}, {Most: 1, Within: -1}} {
		if _, err := people.NewDoor(people.DoorOptions{Gate: h.gate, Frame: people.Plain{}, Limits: people.Limits{Code: l}}); err == nil {
			t.Errorf("%+v was taken", l)
		}
	}
}

// What comes at the same time cannot get past a limit, and a code opens once.
func TestManyAtOnce(t *testing.T) {
	p := newPorch(t, nil)
	p.add(t, "mo", people.Moderator)
	all := func(n int, try func() int) map[int]int {
		var mu sync.Mutex
		var group sync.WaitGroup
		seen := map[int]int{}
		for range n {
			group.Go(func() {
				status := try()
				mu.Lock()
				defer mu.Unlock()
				seen[status]++
			})
		}
		group.Wait()
		return seen
	}
	if seen := all(20, func() int { return p.tryPassword("mo", "wrong", "192.0.2.1:80").Code }); seen[401] != 5 || seen[429] != 15 {
		t.Errorf("passwords: %v", seen)
	}
	secret, _ := p.enrolled(t, p.browser(t), "mo")
	mo, err := p.ByLogin(t.Context(), "mo")
	if err != nil {
		t.Fatal(err)
	}
	code := p.code(t, secret)
	tokens := make(chan string, 5)
	for range 5 {
		tokens <- p.token(t, mo, people.NeedsTOTP)
	}
	seen := all(5, func() int {
		r := httptest.NewRequest("POST", "http://127.0.0.1/totp", strings.NewReader("code="+code))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(people.Cookie(r, <-tokens))
		w := httptest.NewRecorder()
		p.gate.ServeHTTP(w, r)
		return w.Code
	})
	if seen[303] != 1 || seen[401] != 4 {
		t.Errorf("codes: %v", seen)
	}
}
