package people

import (
	"errors"
	"net/http"
	"time"
)

// flowLife is how long somebody may take at the provider.
const flowLife = 10 * time.Minute

func flowCookie(r *http.Request) string { return cookieName(r) + "-oidc" }

func setFlow(w http.ResponseWriter, r *http.Request, value string) {
	c := &http.Cookie{Name: flowCookie(r), Value: value, Path: "/", HttpOnly: true, Secure: secure(r), SameSite: http.SameSiteLaxMode, MaxAge: int(flowLife.Seconds())}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// depart sends the visitor to the provider.
func (d *Door) depart(v *visit) error {
	if d.provider == nil {
		return v.back()
	}
	address, flow, err := d.provider.Begin(v.Context())
	if err != nil {
		return v.rejected(err)
	}
	if flow.Next = v.next(); len(flow.Next) > maxFlow/2 {
		flow.Next = "/"
	}
	setFlow(v.w, v.Request, flow.String())
	http.Redirect(v.w, v.Request, address, http.StatusSeeOther)
	return nil
}

// arrive takes the visitor back from the provider.
func (d *Door) arrive(v *visit) error {
	if d.provider == nil {
		return v.back()
	}
	cookie, err := v.Cookie(flowCookie(v.Request))
	if err != nil {
		return v.rejected(ErrProvider)
	}
	setFlow(v.w, v.Request, "")
	flow, err := ParseFlow(cookie.Value)
	if err != nil {
		return v.rejected(ErrProvider)
	}
	who, err := d.provider.Finish(v.Context(), flow, v.URL.Query())
	if err != nil {
		return v.rejected(err)
	}
	p, err := d.directory.Admit(v.Context(), who)
	if err != nil {
		return v.rejected(err)
	}
	if err := v.note(p.ID, http.StatusSeeOther, ""); err != nil {
		return err
	}
	if err := v.move(p, Full); err != nil {
		return err
	}
	http.Redirect(v.w, v.Request, flow.Next, http.StatusSeeOther)
	return nil
}

// rejected tells why the provider's way in is closed.
func (v *visit) rejected(cause error) error {
	status, text := http.StatusUnauthorized, "The sign-in through "+v.door.provider.config.Name+" did not hold, or took too long. Nothing was changed. Begin again."
	switch {
	case errors.Is(cause, ErrNoRole):
		status, text = http.StatusForbidden, "You are known, but have no role here. Ask an administrator for one, then sign in again."
	case errors.Is(cause, ErrDisabled):
		status, text = http.StatusForbidden, "This account is disabled. Ask an administrator."
	case errors.Is(cause, ErrProvider):
		v.door.log.Warn("a sign-in through the identity provider was refused", "cause", cause)
	default:
		return cause
	}
	if err := v.note("", status, ""); err != nil {
		return err
	}
	return v.form(status, FormLogin, text)
}
