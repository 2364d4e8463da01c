package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"rowan/casework"
	"rowan/casework/console"
	"rowan/casework/report/bureau"
	"rowan/casework/report/cybertip"
	"rowan/casework/report/dispatch"
	"rowan/casework/report/dossier"
	"rowan/casework/report/keeping"
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
	outbox   *dispatch.Outbox
	bureau   *bureau.Bureau
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
		r.api = client
	}
	if r.store, err = reports.Open(ctx, data); err != nil {
		return nil, err
	}
	r.keeper = keeping.New(r.store, r.standing.Regimes())
	return r, nil
}

// serve makes the outbox, which tells a desk what was delivered, and the bureau.
func (r *reporting) serve(desk *casework.Desk, vault dispatch.Vault) {
	r.outbox = dispatch.New(dispatch.Options{
		Store: r.store, Vault: vault, API: r.api, Log: r.log,
		Noted: func(ctx context.Context, d dispatch.Delivery) error { return r.keeper.Delivered(ctx, desk, d) },
	})
	r.bureau = bureau.New(bureau.Options{
		Cases: desk.Store(), Vault: vault, Standing: r.standing, Store: r.store, Outbox: r.outbox, Keeper: r.keeper,
		Folder: filepath.Join(r.data, factsDir), Sends: r.api != nil,
	})
}

func (r *reporting) close() error { return r.store.Close() }

// reportRoom is the reports of a data directory, for the command line. A
// server may run beside it.
type reportRoom struct {
	*reporting
	cases  *cases.Store
	people *people.Directory
}

func openReportRoom(ctx context.Context, data string, log *slog.Logger) (b *reportRoom, err error) {
	b = &reportRoom{}
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
	b.serve(casework.NewDesk(casework.Options{Store: b.cases, Vault: vault, Keeper: b.keeper}), vault)
	return b, nil
}

func (b *reportRoom) close() error {
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
func (b *reportRoom) person(ctx context.Context, login string) (people.Person, error) {
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
