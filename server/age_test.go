package server

import (
	"strings"
	"testing"
)

func TestAppStoresSayAges(t *testing.T) {
	h := onJournal(t, "jurisdictions: [gb]\n", nil)
	post := func(body string) reply { return h.do("POST", "/v1/accounts/kid/age", typeJSON, body) }
	for _, tc := range []struct{ name, body, field string }{
		{"nothing", `{}`, "token"},
		{"two at once", `{"apple":{"lowerBound":13},"play":{"userStatus":"VERIFIED"}}`, "token"},
		{"an unknown member", `{"apple":{"lowerBound":13,"name":"x"}}`, "apple"},
		{"bounds that cross", `{"apple":{"lowerBound":16,"upperBound":13}}`, "apple"},
		{"a status that tells nothing", `{"play":{"userStatus":"UNKNOWN"}}`, "play"},
	} {
		got := post(tc.body)
		if got.status != 400 || !strings.Contains(got.body, `"`+tc.field+`"`) {
			t.Errorf("%s: %d %s", tc.name, got.status, got.body)
		}
	}
	if s := h.sheet("kid"); s.Band != "unknown" {
		t.Errorf("after what was refused the band is %s", s.Band)
	}
	if got := post(`{"apple":{"lowerBound":16,"upperBound":18,"ageRangeDeclaration":"selfDeclared"}}`); got.status != 200 || !strings.Contains(got.body, `"band":"16-17"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := post(`{"play":{"userStatus":"SUPERVISED","ageLower":13,"ageUpper":15},"attested":true}`); got.status != 200 || !strings.Contains(got.body, `"band":"13-15"`) {
		t.Errorf("a guardian's word on a checked device: %d %s", got.status, got.body)
	}
	if s := h.sheet("kid"); s.Age.Method != "guardian" {
		t.Errorf("%+v", s.Age)
	}
	if got := post(`{"token":"good"}`); got.status != 404 || !strings.Contains(got.body, "no-providers") {
		t.Errorf("a token where nobody is trusted: %d %s", got.status, got.body)
	}
}
