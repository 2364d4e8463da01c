package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rowan/casework/delivery"
	"rowan/people"
)

// deliveriesView is the page of what goes to the platform.
type deliveriesView struct {
	delivery.Page
	Names    map[string]string // of those who saw to something
	Stuck    int
	Endpoint string
	State    string
	States   []delivery.State
	More     string
}

func (c *Console) deliveries(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := deliveriesView{Names: map[string]string{}, Endpoint: q.Get("endpoint"), State: q.Get("state"), States: delivery.States()}
	if c.outbox == nil {
		c.pages.Show(w, r, "deliveries", "Deliveries", v)
		return
	}
	f := delivery.Filter{Endpoint: v.Endpoint}
	if s := delivery.State(v.State); slices.Contains(v.States, s) {
		f.State = s
	}
	if before, err := strconv.ParseInt(q.Get("before"), 10, 64); err == nil {
		f.Before = before
	}
	var err error
	if v.Page, err = c.outbox.Page(r.Context(), f); err != nil {
		c.fail(w, r, err)
		return
	}
	if v.Stuck, err = c.outbox.Stuck(r.Context()); err != nil {
		c.fail(w, r, err)
		return
	}
	for _, p := range v.Parcels {
		if p.By != "" {
			v.Names[p.By] = c.name(r.Context(), p.By)
		}
	}
	if v.Before != 0 {
		more := url.Values{"before": {strconv.FormatInt(v.Before, 10)}, "endpoint": {v.Endpoint}, "state": {v.State}}
		v.More = more.Encode()
	}
	c.pages.Show(w, r, "deliveries", "Deliveries", v)
}

// mend tries a delivery again, or notes that somebody saw to it by hand.
func (c *Console) mend(w http.ResponseWriter, r *http.Request) {
	if !c.pages.Parsed(w, r) {
		return
	}
	if c.outbox == nil {
		c.pages.Missing(w, r)
		return
	}
	endpoint, id, by := r.PostFormValue("endpoint"), r.PathValue("id"), reader(r).ID
	var err error
	done := "It is tried again."
	switch r.PostFormValue("answer") {
	case "by_hand":
		reason := strings.TrimSpace(because(r))
		if reason == "" {
			c.pages.Problem(w, r, http.StatusConflict, "That is not possible now", "Say how it was seen to.", "Nothing was changed.")
			return
		}
		done, err = "Noted. What comes later about this account goes out again.", c.outbox.Resolve(r.Context(), endpoint, id, by, reason)
	default:
		people.Because(r.Context(), "tried again")
		_, err = c.outbox.Retry(r.Context(), endpoint, id, by)
	}
	if err != nil {
		c.pages.Problem(w, r, http.StatusConflict, "That is not possible now", "The delivery has changed meanwhile, or there is none of this name.", "Nothing was changed. Look at the page of deliveries again.")
		return
	}
	c.back(w, r, "/deliveries", done)
}
