package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Frame renders the pages of a door; a wing does so in its own look. A Form has
// its content ready as HTML, and the data that it was made from.
type Frame interface {
	Form(w http.ResponseWriter, r *http.Request, status int, f Form)
}

// DoorOptions are what a door needs. Gate and Frame are required.
type DoorOptions struct {
	Gate  *Gate
	Frame Frame
	// Title names the wing in the authenticator app: "Rowan casework".
	Title string
	// Provider is the OpenID Connect provider, nil for local accounts only.
	Provider *Provider
	// WithoutCode are the roles whose holders need no authenticator, as long as
	// they have no other role. By default everybody with a local account does.
	WithoutCode []Role
	Limits      Limits
	// Proxies are the addresses of proxies whose X-Forwarded-For counts.
	Proxies []netip.Prefix
	// Hashes is how many passwords are checked at a time, for each takes the
	// memory of the directory's Cost; default 2.
	Hashes int
}

// Door is where people come in: /login, /logout, /totp, /password and the way
// through an OpenID Connect provider.
type Door struct {
	gate        *Gate
	directory   *Directory
	sessions    *Sessions
	log         *slog.Logger
	frame       Frame
	title       string
	provider    *Provider
	withoutCode []Role
	limits      Limits
	proxies     []netip.Prefix
	hashes      chan struct{}
	nobody      string // the hash of a password that nobody has
	forms       *template.Template
}

// NewDoor makes a door and registers its routes at the gate.
func NewDoor(o DoorOptions) (*Door, error) {
	if o.Gate == nil || o.Frame == nil {
		return nil, errors.New("a door needs a gate and a frame")
	}
	if err := o.Gate.directory.table.Check(o.WithoutCode); err != nil {
		return nil, err
	}
	limits := o.Limits.withDefaults()
	if err := limits.check(); err != nil {
		return nil, err
	}
	nobody, err := hashPassword(NewPassword(), o.Gate.directory.cost)
	if err != nil {
		return nil, err
	}
	forms, err := parseForms()
	if err != nil {
		return nil, err
	}
	d := &Door{
		gate: o.Gate, directory: o.Gate.directory, sessions: o.Gate.sessions, log: o.Gate.log, frame: o.Frame, title: cmp.Or(o.Title, "Rowan"),
		provider: o.Provider, withoutCode: o.WithoutCode, limits: limits, proxies: o.Proxies,
		hashes: make(chan struct{}, max(cmp.Or(o.Hashes, 2), 1)), nobody: nobody, forms: forms,
	}
	for _, route := range []struct {
		pattern string
		answer  func(*visit) error
	}{
		{"GET /login", d.askPassword}, {"POST /login", d.takePassword}, {"POST /logout", d.leave},
		{"GET /totp", d.askCode}, {"POST /totp", d.takeCode},
		{"GET /password", d.askChange}, {"POST /password", d.takeChange},
		{"GET /oidc/start", d.depart}, {"GET /oidc/callback", d.arrive},
	} {
		d.gate.Func(route.pattern, Public, d.visit(route.pattern, route.answer))
	}
	return d, nil
}

// visit is one request to the door.
type visit struct {
	*http.Request
	w      http.ResponseWriter
	door   *Door
	route  string
	token  string
	person Person // zero without a session
	stage  Stage
}

const maxForm = 16 << 10

func (d *Door) visit(route string, h func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		v := &visit{Request: r, w: w, door: d, route: route, token: Token(r)}
		var err error
		v.person, v.stage, err = d.sessions.Person(r.Context(), v.token)
		if errors.Is(err, ErrNoSession) {
			v.token, err = "", nil
		}
		if err == nil {
			err = h(v)
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			d.log.Error("a page of the log-in failed", "route", route, "error", err)
			d.gate.pages.Broken(w, r)
		}
	}
}

// note writes what came of a visit into the audit log.
func (v *visit) note(person string, status int, reason string) error {
	return v.door.gate.record(v.Context(), Entry{Person: person, Permission: Public, Route: v.route, Status: status, Reason: reason})
}

// show answers with a form.
func (v *visit) show(status int, f Form) error {
	f.Title, f.Next, f.Person = v.door.title, v.next(), v.person
	if v.door.provider != nil {
		f.Provider = v.door.provider.config.Name
	}
	if err := f.render(v.door.forms); err != nil {
		return err
	}
	v.door.frame.Form(v.w, v.Request, status, f)
	return nil
}

// next is where the visitor wanted to go.
func (v *visit) next() string { return localPath(v.FormValue("next")) }

// localPath is an address within this site, "/" for any other.
func localPath(to string) string {
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }) {
		return "/"
	}
	return to
}

// address is where a request came from: the peer, or what the nearest proxy
// that is not ours says.
func (d *Door) address(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	at := peer.Addr().Unmap()
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(d.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && ours(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop.Unmap()
	}
	// Who has an IPv6 address has the 2^64 beside it.
	if at.Is6() {
		if p, err := at.Prefix(64); err == nil {
			return p.String()
		}
	}
	return at.String()
}

// proven is the stage after the password, and the code if there is one, were
// right.
func (d *Door) proven(p Person) Stage {
	switch {
	case p.Issuer != "":
		return Full
	case p.Change:
		return NeedsChange
	case !p.TOTP && d.needsCode(p):
		return NeedsEnrol
	}
	return Full
}

func (d *Door) needsCode(p Person) bool {
	return len(p.Roles) == 0 || slices.ContainsFunc(p.Roles, func(r Role) bool { return !slices.Contains(d.withoutCode, r) })
}

// move ends the session that there is and begins one at another stage, so that
// a token from before is worth nothing.
func (v *visit) move(p Person, stage Stage) error {
	if v.token != "" {
		if err := v.door.sessions.End(v.Context(), v.token); err != nil {
			return err
		}
	}
	token, err := v.door.sessions.Start(v.Context(), p.ID, stage)
	if err != nil {
		return err
	}
	SetToken(v.w, v.Request, token)
	v.token, v.person, v.stage = token, p, stage
	return nil
}

// on sends the visitor to the next step of the log-in, or in.
func (v *visit) on() error {
	to := v.next()
	if step := stepOf(v.stage); step != "" {
		to = step + "?" + nextQuery(to)
	}
	http.Redirect(v.w, v.Request, to, http.StatusSeeOther)
	return nil
}

// refused answers that something was tried too often.
func (v *visit) refused(wait time.Duration, name string) error {
	minutes := int(math.Ceil(wait.Minutes()))
	v.w.Header().Set("Retry-After", fmt.Sprint(int(math.Ceil(wait.Seconds()))))
	if err := v.note(v.person.ID, http.StatusTooManyRequests, ""); err != nil {
		return err
	}
	when := fmt.Sprintf("%d minutes", minutes)
	if minutes == 1 {
		when = "a minute"
	}
	return v.form(http.StatusTooManyRequests, name, "That was tried too often. Nothing is lost: try again in "+when+".")
}

func (v *visit) form(status int, name, problem string) error {
	f := Form{Name: name, Problem: problem}
	switch name {
	case FormEnrol:
		e := newEnrolment(v.door.title, v.person.Login, pendingSecret(v.token))
		picture, err := e.QR()
		if err != nil {
			return err
		}
		f.Secret, f.QR = e.Secret, picture
	case FormPassword:
		f.Forced = v.stage == NeedsChange
	}
	return v.show(status, f)
}

func (d *Door) askPassword(v *visit) error {
	if v.stage != "" {
		return v.on()
	}
	f := Form{Name: FormLogin}
	if v.FormValue("left") != "" {
		f.Notice = "You are signed out."
	}
	return v.show(http.StatusOK, f)
}

// wrongPassword is the one answer for a wrong password, an unknown log-in and
// a disabled account.
const wrongPassword = "The log-in or the password is not right. Nothing was changed. Try again, or ask an administrator to reset the password."

func (d *Door) takePassword(v *visit) error {
	login, password, address := normal(v.PostFormValue("login")), v.PostFormValue("password"), d.address(v.Request)
	pair, all := attemptKey("pair", login, address), attemptKey("login", login)
	wait, err := d.directory.attempt(v.Context(), counted{pair, d.limits.Pair}, counted{all, d.limits.Login}, counted{attemptKey("address", address), d.limits.Address})
	if err != nil {
		return err
	}
	if wait > 0 {
		return v.refused(wait, FormLogin)
	}
	p, right, err := d.check(v.Context(), login, password)
	if err != nil {
		return err
	}
	if !right {
		if err := v.note(p.ID, http.StatusUnauthorized, ""); err != nil {
			return err
		}
		return v.form(http.StatusUnauthorized, FormLogin, wrongPassword)
	}
	if err := d.directory.succeeded(v.Context(), pair); err != nil {
		return err
	}
	stage := NeedsTOTP
	if !p.TOTP {
		stage = d.proven(p)
	}
	if err := v.note(p.ID, http.StatusSeeOther, ""); err != nil {
		return err
	}
	if err := v.move(p, stage); err != nil {
		return err
	}
	return v.on()
}

// check compares a password; it takes as long for a log-in that is unknown. The
// person is named even if the password is wrong, for the audit log.
func (d *Door) check(ctx context.Context, login, password string) (p Person, right bool, err error) {
	select {
	case d.hashes <- struct{}{}:
		defer func() { <-d.hashes }()
	case <-ctx.Done():
		return p, false, ctx.Err()
	}
	p, err = d.directory.ByLogin(ctx, login)
	if err != nil && !errors.Is(err, ErrNoPerson) {
		return p, false, err
	}
	if len(password) > maxPassword {
		password = "" // no such password was ever taken
	}
	if err != nil || p.Issuer != "" {
		_, err := checkPassword(d.nobody, password)
		return p, false, err
	}
	right, err = d.directory.checks(ctx, p.ID, password)
	return p, right && !p.Disabled, err
}

func (d *Door) leave(v *visit) error {
	if v.person.ID != "" {
		end := func() error { return d.sessions.End(v.Context(), v.token) }
		if v.PostFormValue("everywhere") != "" {
			end = func() error { return d.sessions.EndAll(v.Context(), v.person.ID) }
		}
		if err := errors.Join(v.note(v.person.ID, http.StatusSeeOther, ""), end()); err != nil {
			return err
		}
	}
	SetToken(v.w, v.Request, "")
	http.Redirect(v.w, v.Request, d.gate.door+"?left=1", http.StatusSeeOther)
	return nil
}

// back sends somebody to the log-in who has no business at a later step.
func (v *visit) back() error {
	if v.stage == "" {
		http.Redirect(v.w, v.Request, v.door.gate.door+"?"+nextQuery(v.next()), http.StatusSeeOther)
		return nil
	}
	return v.on()
}

// codeForm is what /totp asks for, "" for nothing.
func (v *visit) codeForm() string {
	switch {
	case v.stage == NeedsTOTP:
		return FormCode
	case v.stage == NeedsEnrol, v.stage == Full && v.person.Issuer == "" && !v.person.TOTP:
		return FormEnrol
	case v.stage == Full && v.person.TOTP:
		return FormRenew
	}
	return ""
}

func (d *Door) askCode(v *visit) error {
	name := v.codeForm()
	if name == "" {
		return v.back()
	}
	return v.form(http.StatusOK, name, "")
}

func (d *Door) takeCode(v *visit) error {
	name, ctx, id := v.codeForm(), v.Context(), v.person.ID
	if name == "" {
		return v.back()
	}
	key := attemptKey("code", id)
	wait, err := d.directory.attempt(ctx, counted{key, d.limits.Code})
	if err != nil {
		return err
	}
	if wait > 0 {
		return v.refused(wait, name)
	}
	code, recovered := v.PostFormValue("code"), false
	var codes []string
	switch name {
	case FormEnrol:
		codes, err = d.directory.enrol(ctx, id, pendingSecret(v.token), code)
	case FormRenew:
		if err = d.directory.useCode(ctx, id, code); err == nil {
			err = d.directory.forgetAuthenticator(ctx, id)
		}
	default:
		err = d.directory.useCode(ctx, id, code)
		if errors.Is(err, ErrCode) && len(plainCode(code)) > codeDigits.Length() {
			err = d.directory.useRecovery(ctx, id, code)
			recovered = err == nil
		}
	}
	if errors.Is(err, ErrCode) {
		if err := v.note(id, http.StatusUnauthorized, ""); err != nil {
			return err
		}
		return v.form(http.StatusUnauthorized, name, "The code is not right, or was used already. Wait for the next one and try again.")
	}
	if err != nil {
		return err
	}
	reason := map[bool]string{true: "recovery code"}[recovered]
	if err := errors.Join(d.directory.succeeded(ctx, key), v.note(id, http.StatusSeeOther, reason)); err != nil {
		return err
	}
	p, err := d.directory.Person(ctx, id)
	if err != nil {
		return err
	}
	stage := d.proven(p)
	if name == FormRenew || recovered && stage == Full {
		stage = NeedsEnrol
	}
	if err := v.move(p, stage); err != nil {
		return err
	}
	if name == FormEnrol {
		return v.show(http.StatusOK, Form{Name: FormRecovery, Codes: codes})
	}
	return v.on()
}

func (d *Door) askChange(v *visit) error {
	if v.person.Issuer != "" || v.stage != NeedsChange && v.stage != Full {
		return v.back()
	}
	return v.form(http.StatusOK, FormPassword, "")
}

func (d *Door) takeChange(v *visit) error {
	if v.person.Issuer != "" || v.stage != NeedsChange && v.stage != Full {
		return v.back()
	}
	ctx, id := v.Context(), v.person.ID
	if v.PostFormValue("password") != v.PostFormValue("again") {
		return v.form(http.StatusUnprocessableEntity, FormPassword, "The two new passwords differ. Nothing was changed.")
	}
	key := attemptKey("code", id)
	wait, err := d.directory.attempt(ctx, counted{key, d.limits.Code})
	if err != nil {
		return err
	}
	if wait > 0 {
		return v.refused(wait, FormPassword)
	}
	if err := d.change(ctx, id, v.PostFormValue("old"), v.PostFormValue("password")); err != nil {
		wrong, ok := errors.AsType[BadPassword](err)
		if !ok {
			return err
		}
		if err := v.note(id, http.StatusUnprocessableEntity, ""); err != nil {
			return err
		}
		return v.form(http.StatusUnprocessableEntity, FormPassword, sentence(wrong.Error())+" Nothing was changed.")
	}
	if err := errors.Join(d.directory.succeeded(ctx, key), v.note(id, http.StatusSeeOther, "")); err != nil {
		return err
	}
	p, err := d.directory.Person(ctx, id)
	if err != nil {
		return err
	}
	if err := v.move(p, d.proven(p)); err != nil {
		return err
	}
	return v.on()
}

func (d *Door) change(ctx context.Context, id, old, password string) error {
	select {
	case d.hashes <- struct{}{}:
		defer func() { <-d.hashes }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return d.directory.SetPassword(ctx, id, old, password)
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }
