package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rowan/age"
	"rowan/guard/account"
	"rowan/guard/account/support"
	"rowan/rulebook"
	"rowan/terminal"
)

// scopeFlags are the flags that say which rules hold, for which service.
type scopeFlags struct {
	dir           string
	jurisdictions []string
	date          string
	users         int64
	risks         map[string]string
	features      []string
	small         bool
	noAgeSignal   bool
	flags         []string
	required      bool
}

func (f *scopeFlags) add(c *cobra.Command) {
	jurisdictionFlag(c, &f.jurisdictions)
	c.Flags().StringVar(&f.dir, "rulebook", "", "a directory of packs, in the place of those shipped or beside them")
	c.Flags().StringVar(&f.date, "date", "", "the day, such as 2026-11-23; today if not given")
	c.Flags().Int64Var(&f.users, "users", 0, "monthly users in the jurisdiction")
	c.Flags().StringToStringVar(&f.risks, "risk", nil, "levels of the risk assessment, such as grooming=high")
	c.Flags().StringSliceVar(&f.features, "features", nil, "what the service has, such as dm,live; all features if not given")
	c.Flags().BoolVar(&f.small, "small", false, "the service is a micro or small enterprise")
	c.Flags().BoolVar(&f.noAgeSignal, "no-age-signal", false, "the service has no means of knowing age")
	c.Flags().StringSliceVar(&f.flags, "flags", nil, "apply measures that are not in force, by their flags")
	c.Flags().BoolVar(&f.required, "required-only", false, "leave out what is only recommended to this service")
}

// scope reads the flags. Features that no setting has are an error: a typing
// error would look like a service without the feature.
func (f *scopeFlags) scope(book *rulebook.Book) (account.Scope, rulebook.Date, error) {
	day, err := dayFlag("date", f.date)
	if err != nil {
		return account.Scope{}, 0, err
	}
	s := account.Scope{
		Jurisdictions: f.jurisdictions, Flags: f.flags, RequiredOnly: f.required,
		Service: rulebook.Service{Users: f.users, Small: f.small, AgeSignal: !f.noAgeSignal, Risk: map[string]rulebook.Risk{}},
	}
	if len(f.features) > 0 {
		known := book.Catalogue().Features()
		for _, feature := range f.features {
			if !slices.Contains(known, feature) {
				return s, day, &usageError{fmt.Errorf("--features: there is no feature %q; there are %s", feature, strings.Join(known, ", "))}
			}
		}
		s.Service.Features = f.features
	}
	for kind, word := range f.risks {
		level, err := rulebook.ParseRisk(word)
		if err != nil {
			return s, day, &usageError{fmt.Errorf("--risk %s: %w", kind, err)}
		}
		s.Service.Risk[kind] = level
	}
	return s, day, nil
}

// rules compiles the rules that the flags ask for.
func (f *scopeFlags) rules() (*account.Rules, rulebook.Date, error) {
	book, err := readBook(f.dir)
	if err != nil {
		return nil, 0, err
	}
	scope, day, err := f.scope(book)
	if err != nil {
		return nil, 0, err
	}
	rules, err := account.NewRules(book, scope)
	if err != nil {
		return nil, 0, &usageError{err}
	}
	return rules, day, nil
}

// ageFlag reads an age in years or the word of a band.
func ageFlag(name, text string) (age.Band, error) {
	if b, ok := age.ParseBand(text); ok {
		return b, nil
	}
	years, err := strconv.ParseUint(text, 10, 8)
	if err != nil || years > 150 {
		return 0, &usageError{fmt.Errorf("--%s %q: want years, such as 14, or unknown, under_13, 13-15, 16-17, 18+", name, text)}
	}
	return age.BandOf(uint8(years)), nil
}

func settingsCommand() *cobra.Command {
	var flags scopeFlags
	var years, format, locale string
	c := &cobra.Command{
		Use:   "settings",
		Short: "Show what the settings of a young person's account must be",
		Long: `Shows what each setting of an account of some age must be in a jurisdiction on a
day: its value, whether it is locked, who may relax it, which rules say so, the
strictest first, and why, in words for the young person. Where no
rule of the jurisdiction speaks, it says what Rowan recommends. Not legal advice.`,
		Example: `  rowan settings --age 14 --jurisdiction gb --date 2026-11-23
  rowan settings --age 16 --jurisdiction gb,eu --features dm,connections,live
  rowan settings --age unknown --format json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "table" && format != "json" {
				return &usageError{fmt.Errorf("--format %q: it is table or json", format)}
			}
			band, err := ageFlag("age", years)
			if err != nil {
				return err
			}
			rules, day, err := flags.rules()
			if err != nil {
				return err
			}
			texts, err := support.Default()
			if err != nil {
				return err
			}
			sheet := rules.Sheet(account.Party{Band: band}, day.Noon(), texts, locale)
			if format == "json" {
				return writeJSON(c.OutOrStdout(), sheet)
			}
			printSheet(c.OutOrStdout(), &sheet)
			return nil
		},
	}
	flags.add(c)
	c.Flags().StringVar(&years, "age", "", "years, such as 14, or unknown, under_13, 13-15, 16-17, 18+")
	c.Flags().StringVar(&format, "format", "table", "table or json")
	c.Flags().StringVar(&locale, "locale", "", "language of the reasons, such as en-GB")
	_ = c.MarkFlagRequired("age")
	c.AddCommand(migrateCommand())
	return c
}

func printSheet(out io.Writer, s *account.Sheet) {
	fmt.Fprintf(out, "Age %s (profile %s), %s, on %s\n\n", s.Band, s.Profile, strings.Join(s.Jurisdictions, ", "), s.Date)
	fmt.Fprintf(out, "%-20s %-16s %s\n", "setting", "value", "who may relax it")
	for i := range s.Settings {
		v := &s.Settings[i]
		value, who := v.Value, whoRelaxes(v.RelaxableBy)
		if !v.Locked && len(v.RelaxableBy) == 0 {
			who = "-"
		}
		for _, relaxer := range v.RelaxableBy {
			if most := v.UpTo[relaxer]; most != v.Values[len(v.Values)-1] {
				who += fmt.Sprintf(" (%s up to %s)", relaxer, most)
			}
		}
		if len(v.RelaxableBy) > 0 && len(v.Reverts) > 0 {
			who += "; until " + revertWords(v.Reverts, v.RevertDays)
		}
		lines := strings.SplitN(terminal.Wrap(who, 38), "\n", 2)
		fmt.Fprintf(out, "%-20s %-16s %s\n", v.Setting, value, strings.TrimSpace(lines[0]))
		if len(lines) > 1 {
			fmt.Fprint(out, lines[1])
		}
		rules := "no rule here speaks of it"
		if v.Recommended != "" {
			rules += "; Rowan recommends " + v.Recommended
		}
		if len(v.Rules) > 0 {
			ids := make([]string, len(v.Rules))
			for i, r := range v.Rules {
				ids[i] = r.ID
				if r.Duty != rulebook.Required.String() {
					ids[i] += "*"
				}
			}
			rules = strings.Join(ids, ", ")
		}
		fmt.Fprint(out, terminal.Wrap(rules, 4))
		fmt.Fprint(out, terminal.Wrap(v.Reason, 4))
	}
	fmt.Fprintln(out, "\n* recommended, not required of this service. Not legal advice.")
}

// contactAnswer is what 'rowan contact' prints.
type contactAnswer struct {
	Verdict  string          `json:"verdict"`
	Way      string          `json:"way"`
	Reason   string          `json:"reason"`
	Setting  string          `json:"setting,omitempty"`
	Rules    []account.Cited `json:"rules"`
	ToFrom   string          `json:"text_for_from,omitempty"`
	ToTo     string          `json:"text_for_to,omitempty"`
	Possible []string        `json:"possible"`
}

func contactCommand() *cobra.Command {
	var flags scopeFlags
	var from, to, way, locale string
	var connected, tied, mutual, informed, begun, asJSON bool
	c := &cobra.Command{
		Use:   "contact",
		Short: "Ask whether two accounts may be in contact",
		Long: `Asks the contact gate, with default settings on both sides: may an account of
one age reach an account of another? It answers allow, ask, hold or block, with
the rules, what both are told and what would make it possible.`,
		Example: `  rowan contact --from 35 --to 14 --way message --jurisdiction gb
  rowan contact --from 15 --to 14 --way message --connected --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(c *cobra.Command, _ []string) error {
			var contact account.Contact
			var err error
			if contact.Way, err = account.ParseWay(way); err != nil {
				return &usageError{fmt.Errorf("--way: %w", err)}
			}
			if contact.From.Band, err = ageFlag("from", from); err != nil {
				return err
			}
			if contact.To.Band, err = ageFlag("to", to); err != nil {
				return err
			}
			rules, day, err := flags.rules()
			if err != nil {
				return err
			}
			texts, err := support.Default()
			if err != nil {
				return err
			}
			contact.Connected, contact.Tied, contact.Mutual = connected, tied, mutual
			contact.Informed, contact.Begun, contact.At = informed, begun, day.Noon()
			answer := answerContact(rules, &contact, texts, locale)
			if asJSON {
				return writeJSON(c.OutOrStdout(), answer)
			}
			answer.print(c.OutOrStdout())
			return nil
		},
	}
	flags.add(c)
	for name, v := range map[string]*string{"from": &from, "to": &to} {
		c.Flags().StringVar(v, name, "", "age of the account: years, unknown, under_13, 13-15, 16-17 or 18+")
		_ = c.MarkFlagRequired(name)
	}
	c.Flags().StringVar(&way, "way", "message", "how: "+strings.Join(account.Ways(), ", "))
	c.Flags().StringVar(&locale, "locale", "", "language of the texts, such as en-GB")
	c.Flags().BoolVar(&connected, "connected", false, "a connection was accepted")
	c.Flags().BoolVar(&tied, "tied", false, "a tie between them was verified")
	c.Flags().BoolVar(&mutual, "mutual", false, "they have friends in common")
	c.Flags().BoolVar(&informed, "informed", false, "what a connection allows was shown")
	c.Flags().BoolVar(&begun, "begun", false, "the other has answered, or said yes to hearing more")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func answerContact(rules *account.Rules, contact *account.Contact, texts *support.Catalogue, locale string) contactAnswer {
	a := rules.Ask(contact)
	out := contactAnswer{Verdict: a.Verdict.String(), Way: a.Way.String(), Reason: a.Reason.String(), Rules: []account.Cited{}, Possible: []string{}}
	if a.Setting != 0 {
		own := contact.To
		if a.FromOwn {
			own = contact.From
		}
		s := rules.Catalogue().Setting(int(a.Setting) - 1)
		out.Setting = s.ID
		out.Rules = account.Cite(s, rules.Edition(own.Region, contact.At).Citations(own.Band, int(a.Setting)-1))
	}
	if a.Verdict > account.Allow {
		out.ToFrom, _ = texts.Find(support.GateFrom, out.Reason, a.From.String(), locale)
		out.ToTo, _ = texts.Find(support.GateTo, out.Reason, a.To.String(), locale)
	}
	for _, key := range a.Ways.Words() {
		text, _ := texts.Find(support.Possible, key, "", locale)
		out.Possible = append(out.Possible, text)
	}
	return out
}

func (a *contactAnswer) print(out io.Writer) {
	fmt.Fprintf(out, "%s: %s\n", a.Verdict, a.Reason)
	if a.Setting != "" {
		fmt.Fprintf(out, "setting: %s\n", a.Setting)
	}
	for _, r := range a.Rules {
		fmt.Fprint(out, terminal.Wrap(fmt.Sprintf("%s (%s, %s): %s", r.ID, r.Duty, r.Evidence, r.Title), 2))
	}
	for _, part := range []struct{ title, text string }{
		{"who asks is told", a.ToFrom}, {"the other is told", a.ToTo}, {"what would make it possible", strings.Join(a.Possible, " ")},
	} {
		if part.text != "" {
			fmt.Fprintf(out, "%s:\n%s", part.title, terminal.Wrap(part.text, 2))
		}
	}
}
