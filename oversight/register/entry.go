package register

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"rowan/rulebook"
)

// Make returns an entry that holds from a day, about what it is given: a Provider,
// Service, Size, Revenue, Assessment, Access, Person or Alternative. of is the
// service or provider that the last six are about: "service/..." or
// "provider/..."; the first two name themselves.
func Make(from rulebook.Date, of string, what any) (Entry, error) {
	e := Entry{From: from, Subject: of}
	switch w := what.(type) {
	case Provider:
		e.Subject, e.Kind, e.Provider = AboutProvider(w.ID), OfProvider, &w
	case Service:
		e.Subject, e.Kind, e.Service = AboutService(w.ID), OfService, &w
	case Size:
		e.Kind, e.Key, e.Size = OfSize, w.Month, &w
	case Revenue:
		e.Kind, e.Key, e.Revenue = OfRevenue, w.From.String()+"/"+w.Until.String(), &w
	case Assessment:
		e.Kind, e.Key, e.Assessment = OfAssessment, w.Version, &w
	case Access:
		e.Kind, e.Key, e.Access = OfAccess, w.Date.String(), &w
	case Person:
		e.Kind, e.Key, e.Person = OfPerson, w.ID+"/"+string(w.Role), &w
	case Alternative:
		e.Kind, e.Key, e.Alternative = OfAlternative, w.Measure, &w
	default:
		return Entry{}, fmt.Errorf("the register has no place for a %T", what)
	}
	return e, e.Check()
}

// Check says what is wrong with an entry that must not go on the register. What a
// provider got wrong in its own assessment is no error here: see Contents.Lacks.
func (e *Entry) Check() error {
	service, provider := strings.HasPrefix(e.Subject, servicePrefix), strings.HasPrefix(e.Subject, providerPrefix)
	if !service && !provider || !plain(e.Subject[strings.IndexByte(e.Subject, '/')+1:]) {
		return fmt.Errorf("%q is no service and no provider; ids are lower-case letters, digits and -", e.Subject)
	}
	if e.From <= 0 {
		return errors.New("say from which day it holds")
	}
	if e.Void && strings.TrimSpace(e.Why) == "" {
		return errors.New("say why what stood there was wrong")
	}
	if e.Void {
		return nil
	}
	ofProvider := e.Kind == OfProvider || e.Kind == OfRevenue || e.Kind == OfPerson
	if ofProvider != provider {
		return fmt.Errorf("a %s is not entered about %s", words(e.Kind), e.Subject)
	}
	given := map[Kind]error{}
	check(given, OfProvider, e.Provider, (*Provider).check)
	check(given, OfService, e.Service, (*Service).check)
	check(given, OfSize, e.Size, (*Size).check)
	check(given, OfRevenue, e.Revenue, (*Revenue).check)
	check(given, OfAssessment, e.Assessment, (*Assessment).check)
	check(given, OfAccess, e.Access, (*Access).check)
	check(given, OfPerson, e.Person, (*Person).check)
	check(given, OfAlternative, e.Alternative, (*Alternative).check)
	err, ok := given[e.Kind]
	if len(given) != 1 || !ok {
		return fmt.Errorf("an entry about a %s has one, and nothing else", words(e.Kind))
	}
	return err
}

func check[T any](given map[Kind]error, kind Kind, what *T, check func(*T) error) {
	if what != nil {
		given[kind] = check(what)
	}
}

func words(k Kind) string { return strings.ReplaceAll(string(k), "_", " ") }

// plain reports whether s may be an id.
func plain(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
}

func (p *Provider) check() error {
	if !plain(p.ID) || strings.TrimSpace(p.Name) == "" {
		return errors.New("a provider has an id and a name")
	}
	if p.Parent == p.ID {
		return errors.New("a provider is not its own parent")
	}
	return nil
}

func (s *Service) check() error {
	if !plain(s.ID) || !plain(s.Provider) || strings.TrimSpace(s.Name) == "" || s.Kind != "user_to_user" && s.Kind != "search" {
		return errors.New("a service has an id, a name, a provider, and is user_to_user or search")
	}
	return nil
}

func (s *Size) check() error {
	if _, err := time.Parse("2006-01", s.Month); err != nil {
		return fmt.Errorf("%q is no month such as 2026-09", s.Month)
	}
	if s.Users < 0 || s.Children < 0 || s.Children > s.Users {
		return fmt.Errorf("%d users of whom %d are children", s.Users, s.Children)
	}
	return nil
}

func (r *Revenue) check() error {
	if r.From <= 0 || r.Until <= 0 {
		return errors.New("write the first and the last day of the accounting period")
	}
	if r.Until < r.From {
		return fmt.Errorf("the accounting period has no days: its first is %s, its last %s; write the later day as the last", r.From, r.Until)
	}
	if r.Amount < 0 {
		return errors.New("a revenue is not negative: write 0 if there was none")
	}
	return nil
}

func (a *Assessment) check() error {
	if a.Version == "" || a.Date <= 0 || a.Reason != FirstAssessment && a.Reason != AnnualReview && a.Reason != SignificantChange {
		return errors.New("a risk assessment has a version, a day, and is the first, an annual one or for a significant change")
	}
	return nil
}

func (a *Access) check() error {
	if a.Date <= 0 {
		return errors.New("a children's access assessment has a day")
	}
	if !a.Possible && strings.TrimSpace(a.Means) == "" {
		return errors.New("that children cannot get on to a service needs the means of age assurance by which they cannot (s.35(2))")
	}
	return nil
}

func (p *Person) check() error {
	known := false
	for _, r := range Roles() {
		known = known || r == p.Role
	}
	switch {
	case !plain(p.ID) || strings.TrimSpace(p.Name) == "":
		return errors.New("a person has an id and a name: write the name with at least one letter from a to z")
	case !known:
		return fmt.Errorf("%q is no role: choose accountable, senior_manager, director or officer", p.Role)
	case p.From <= 0:
		return errors.New("say from which day the person has the role")
	case p.Until != 0 && p.Until < p.From:
		return fmt.Errorf("the role would end on %s, before it begins on %s: mend one of the days", p.Until, p.From)
	}
	return nil
}

// check holds to what s.23 asks of the record of an alternative measure.
func (a *Alternative) check() error {
	if a.Measure == "" || a.Date <= 0 || strings.TrimSpace(a.Instead) == "" || strings.TrimSpace(a.How) == "" || len(a.Areas) == 0 {
		return errors.New("the record of an alternative measure says which measure is not taken, what is done instead, how that meets the duty, and how each area of s.10(4) or s.12(8) is covered (s.23)")
	}
	return nil
}
