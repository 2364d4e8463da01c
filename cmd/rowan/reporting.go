package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/report"
	"rowan/casework/report/custody"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/dsa"
	"rowan/casework/report/keeping"
	"rowan/casework/report/nca"
	reports "rowan/casework/report/sqlite"
	cases "rowan/casework/sqlite"
	"rowan/guard/journal"
	"rowan/people"
)

// factsDir is where the platform's own records for reports lie in the data
// directory, as case-N.yaml.
const factsDir = "reports"

// reporting is what a deployment needs to make and send reports.
type reporting struct {
	data     string
	standing *dossier.Standing
	store    *reports.Store
	keeper   *keeping.Keeper
	api      dispatch.API // nil: nothing is sent
	host     string       // where to
	outbox   *dispatch.Outbox
	log      *slog.Logger
}

func openReporting(ctx context.Context, data string, log *slog.Logger) (r *reporting, err error) {
	r = &reporting{data: data, log: log, standing: &dossier.Standing{}}
	path := filepath.Join(data, dossier.StandingFile)
	switch src, err := os.ReadFile(path); {
	case err == nil:
		if r.standing, err = dossier.ParseStanding(path, src); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if n := &r.standing.NCMEC; n.Address != "" {
		file := n.Credentials
		if !filepath.IsAbs(file) {
			file = filepath.Join(data, file)
		}
		credentials, err := cybertip.ReadCredentials(file)
		if err != nil {
			return nil, err
		}
		client, err := cybertip.NewClient(n.Address, credentials, nil)
		if err != nil {
			return nil, err
		}
		r.api, r.host = client, client.Host()
	}
	if r.store, err = reports.Open(ctx, data); err != nil {
		return nil, err
	}
	r.keeper = keeping.New(r.store, r.standing.Regimes())
	return r, nil
}

// serve makes the outbox, which tells a desk what was delivered.
func (r *reporting) serve(desk *casework.Desk, vault dispatch.Vault) {
	r.outbox = dispatch.New(dispatch.Options{
		Store: r.store, Vault: vault, API: r.api, Log: r.log,
		Noted: func(ctx context.Context, d dispatch.Delivery) error { return r.keeper.Delivered(ctx, desk, d) },
	})
}

func (r *reporting) close() error { return r.store.Close() }

// bureau is the reports of a data directory, for the command line. A server
// may run beside it.
type bureau struct {
	*reporting
	cases    *cases.Store
	people   *people.Directory
	desk     *casework.Desk
	gatherer *dossier.Gatherer
}

func openBureau(ctx context.Context, data string, log *slog.Logger) (b *bureau, err error) {
	b = &bureau{}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.close())
		}
	}()
	if _, err := os.Stat(filepath.Join(data, cases.CasesFile)); err != nil {
		return b, fmt.Errorf("%s holds no cases; --data names the directory that 'rowan serve' used", data)
	}
	if b.reporting, err = openReporting(ctx, data, log); err != nil {
		return b, err
	}
	if b.cases, err = cases.Open(ctx, data); err != nil {
		return b, err
	}
	if b.people, err = people.Open(ctx, data, people.Options{Table: console.Table()}); err != nil {
		return b, err
	}
	vault, err := journal.OpenKeys(filepath.Join(data, caseKeys), time.Now())
	if err != nil {
		return b, err
	}
	b.desk = casework.NewDesk(casework.Options{Store: b.cases, Vault: vault, Keeper: b.keeper})
	b.serve(b.desk, vault)
	b.gatherer = &dossier.Gatherer{Store: b.cases, Vault: vault, Standing: b.standing, Now: time.Now}
	return b, nil
}

func (b *bureau) close() error {
	var errs []error
	if b.people != nil {
		errs = append(errs, b.people.Close())
	}
	if b.cases != nil {
		errs = append(errs, b.cases.Close())
	}
	if b.reporting != nil {
		errs = append(errs, b.reporting.close())
	}
	return errors.Join(errs...)
}

// person is a colleague who may send reports.
func (b *bureau) person(ctx context.Context, login string) (people.Person, error) {
	if login == "" {
		return people.Person{}, &usageError{errors.New("--by is needed: the log-in of who does this")}
	}
	p, err := b.people.ByLogin(ctx, login)
	if errors.Is(err, people.ErrNoPerson) || err == nil && p.Disabled {
		return p, fmt.Errorf("nobody signs in as %q", login)
	}
	if err == nil && !console.Table().Allows(p.Roles, console.SendReports) {
		return p, fmt.Errorf("%s may not send reports; a safeguarding lead may", login)
	}
	return p, err
}

// draft is a document with what is missing in it.
type draft struct {
	To      string           `json:"to"`
	Case    int64            `json:"case"`
	Digest  string           `json:"digest"`
	Missing []report.Missing `json:"missing"`
	// Messages and Media are the ids by which the platform adds to them.
	Messages []string `json:"messages"`
	Media    []string `json:"media"`

	facts *report.Facts
	tip   *cybertip.Document
	files []outFile
	due   time.Time
}

type outFile struct {
	name string
	body []byte
}

// build makes a document of a case for an authority.
func (b *bureau) build(ctx context.Context, id int64, to, facts string) (*draft, error) {
	more, err := b.more(id, facts)
	if err != nil {
		return nil, err
	}
	f, err := b.gatherer.Facts(ctx, casework.ID(id), more, true)
	if errors.Is(err, casework.ErrNotFound) {
		return nil, fmt.Errorf("there is no case %d", id)
	}
	if err != nil {
		return nil, err
	}
	x := &draft{To: to, Case: id, Missing: []report.Missing{}, Messages: []string{}, Media: []string{}, facts: f}
	for i := range f.Lines {
		x.Messages = append(x.Messages, f.Lines[i].ID)
	}
	for i := range f.Media {
		x.Media = append(x.Media, f.Media[i].ID)
	}
	switch to {
	case dispatch.NCMEC:
		err = x.cyberTip()
	case dispatch.NCA:
		err = x.bundle(b.standing.Targets())
	case dispatch.DSA:
		err = x.statement(b.standing.Terms())
	}
	return x, err
}

// more reads what the platform adds for a case, nil if it adds nothing.
func (b *bureau) more(id int64, path string) (*dossier.More, error) {
	named := path != ""
	if !named {
		path = filepath.Join(b.data, factsDir, fmt.Sprintf("case-%d.yaml", id))
	}
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return dossier.ParseMore(path, src)
}

func (x *draft) cyberTip() error {
	doc, missing, err := cybertip.Build(x.facts)
	if err != nil {
		return err
	}
	body, err := doc.XML()
	if err != nil {
		return err
	}
	x.tip, x.Missing = doc, append(x.Missing, missing...)
	x.files = append(x.files, outFile{"report.xml", body})
	for i := range doc.Files {
		x.files = append(x.files, outFile{doc.Files[i].Details.Name, doc.Files[i].Body})
	}
	x.Digest, err = doc.Digest()
	return err
}

func (x *draft) bundle(targets nca.Targets) error {
	bundle, missing, err := nca.Build(x.facts)
	if err != nil {
		return err
	}
	x.Missing, x.Digest = append(x.Missing, missing...), bundle.Digest
	x.files = append(x.files, outFile{fmt.Sprintf("nca-case-%d.zip", x.Case), bundle.Zip})
	x.due = targets.Due(bundle.Document.Priority, bundle.Document.Decided)
	return nil
}

func (x *draft) statement(terms dsa.Terms) error {
	if len(x.facts.Decisions) == 0 {
		return fmt.Errorf("case %d is not decided, so there is nothing to give reasons for", x.Case)
	}
	s, missing, err := dsa.Build(x.facts, len(x.facts.Decisions)-1, terms)
	if err != nil {
		return err
	}
	body, err := indented(s)
	if err != nil {
		return err
	}
	x.Missing, x.Digest = append(x.Missing, missing...), report.Digest(body)
	x.files = append(x.files, outFile{"statement.json", body})
	return nil
}

// export notes that a document leaves the data directory.
func (b *bureau) export(ctx context.Context, x *draft, by, to string) error {
	_, err := b.store.Note(ctx, custody.Event{
		Case: x.Case, At: time.Now(), By: by, Kind: custody.Exported, What: "document for " + x.To, SHA256: strings.TrimPrefix(x.Digest, "sha256:"),
		Why: "to be looked at, or handed over", To: to,
	})
	return err
}
