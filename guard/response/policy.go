package response

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"math/bits"
	"regexp"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/guard/account/support"
	"rowan/guard/signal"
)

// FailMode is what a deployment answers while Rowan cannot decide.
type FailMode uint8

// The fail modes.
const (
	FailOpen   FailMode = iota // deliver
	FailClosed                 // hold
)

var failWords = words{"fail mode", []string{"open", "closed"}}

func (m FailMode) String() string { return failWords.word(uint8(m)) }

// MarshalJSON writes the fail mode's word.
func (m FailMode) MarshalJSON() ([]byte, error) { return failWords.json(uint8(m)) }

// Mode is whether a rule acts.
type Mode uint8

// The modes.
const (
	Live   Mode = iota
	Shadow      // counted, never carried out
)

var modeWords = words{"mode", []string{"live", "shadow"}}

func (m Mode) String() string { return modeWords.word(uint8(m)) }

// Indexes is a set of places in a policy's list of rules or of notices.
type Indexes uint64

// Has reports whether i is in the set.
func (s Indexes) Has(i int) bool { return s>>i&1 != 0 }

// Len is the size of the set.
func (s Indexes) Len() int { return bits.OnesCount64(uint64(s)) }

// All ranges over the set in ascending order.
func (s Indexes) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for rest := uint64(s); rest != 0; rest &= rest - 1 {
			if !yield(bits.TrailingZeros64(rest)) {
				return
			}
		}
	}
}

// Rule is one rule of a policy. It must not be changed.
type Rule struct {
	ID    string
	Title string // plain words
	Mode  Mode
	When  string // the condition, in CEL
	Then  Effect

	condition condition
}

// Effect is what a rule asks for when its condition holds.
type Effect struct {
	Action   Action
	Account  AccountActions
	Notices  Indexes // see Policy.Notice
	OpenCase bool
}

// A policy has at most this many rules, and this many different notices.
const (
	MaxRules   = 64
	MaxNotices = 64
)

// Policy is a checked set of rules with quotas and words. It never changes.
type Policy struct {
	version string
	fail    FailMode
	rules   []Rule
	notices []notice
	texts   *support.Catalogue
	quotas  quotas
	// classifiers of the platform's own, by name
	classifiers map[string]classifier
	// paused are the notices that say that a message waits.
	paused Indexes
	// byEvent and byLevel hold, for each event type and level, the rules whose
	// conditions can hold there.
	byEvent [32]Indexes
	byLevel [8]Indexes
}

type notice struct {
	to     Party
	moment Moment
	key    string
}

// Default is the policy that comes with Rowan.
func Default() (*Policy, error) {
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		return nil, fmt.Errorf("default policy: %w", err)
	}
	name, src := Defaults()
	return Load(name, src, taxonomy)
}

// Load reads a policy whose notices use the shipped texts. Codes of signals
// are looked up in t. It returns every error it finds, each a *datafile.Error.
func Load(file string, src []byte, t Signals) (*Policy, error) {
	texts, err := support.Default()
	if err != nil {
		return nil, err
	}
	return LoadWith(file, src, t, texts)
}

type policyFile struct {
	Version  string     `yaml:"version"`
	Date     string     `yaml:"date"`
	Source   string     `yaml:"source"`
	FailMode string     `yaml:"fail_mode"`
	Quotas   quotasFile `yaml:"quotas"`
	Rules    []ruleFile `yaml:"rules"`

	Classifiers []classifierFile `yaml:"classifiers"`
}

type ruleFile struct {
	ID    string `yaml:"id"`
	Title string `yaml:"title"`
	Mode  string `yaml:"mode"`
	When  string `yaml:"when"`
	Then  struct {
		Action  string       `yaml:"action"`
		Account []string     `yaml:"account_actions"`
		Notices []noticeFile `yaml:"notices"`
		Case    bool         `yaml:"open_case"`
	} `yaml:"then"`
}

type noticeFile struct {
	To     string `yaml:"to"`
	Moment string `yaml:"moment"`
	Text   string `yaml:"text"`
}

// loader gathers what is wrong with a policy on the way.
type loader struct {
	doc        *datafile.Document
	conditions *conditions
	policy     *Policy
	errs       []error
}

func (l *loader) fail(path []any, format string, args ...any) {
	l.errs = append(l.errs, l.doc.Errorf(path, format, args...))
}

// parse reads a word and puts down an error if there is none such.
func (l *loader) parse(path []any, w words, word string) uint8 {
	n, err := w.parse(word)
	if err != nil {
		l.fail(path, "%s", err)
	}
	return n
}

// LoadWith is Load with the operator's own texts.
func LoadWith(file string, src []byte, t Signals, texts *support.Catalogue) (*Policy, error) {
	var raw policyFile
	doc, err := datafile.Parse(file, src, &raw)
	if err != nil {
		return nil, err
	}
	compiler, err := newConditions(t, nil, nil)
	if err != nil {
		return nil, err
	}
	p := &Policy{texts: texts}
	l := &loader{doc: doc, conditions: compiler, policy: p}
	checkHead(raw.Version, raw.Date, raw.Source, l.fail)
	p.version = raw.Version + "+" + fingerprint(src, texts)
	p.fail = FailMode(l.parse([]any{"fail_mode"}, failWords, raw.FailMode))
	p.quotas = l.quotas(raw.Quotas)
	p.classifiers = l.classifiers(raw.Classifiers, t)
	switch {
	case len(raw.Rules) == 0:
		l.fail([]any{"rules"}, "a policy needs at least one rule")
	case len(raw.Rules) > MaxRules:
		l.fail([]any{"rules", MaxRules}, "%d rules; a policy has at most %d", len(raw.Rules), MaxRules)
		raw.Rules = raw.Rules[:MaxRules]
	}
	lines := map[string]int{}
	for i, r := range raw.Rules {
		path := []any{"rules", i}
		if first, ok := lines[r.ID]; ok {
			l.fail(append(path, "id"), "rule %d has the id %q too", first+1, r.ID)
		}
		lines[r.ID] = i
		p.rules = append(p.rules, l.rule(path, r))
	}
	if len(l.errs) > 0 {
		return nil, joinSorted(l.errs)
	}
	p.index()
	return p, nil
}

// fingerprint tells two policies apart that state the same version.
func fingerprint(src []byte, texts *support.Catalogue) string {
	sum := sha256.New()
	sum.Write(src)
	digest := texts.Digest()
	sum.Write(digest[:])
	return hex.EncodeToString(sum.Sum(nil)[:4])
}

var idForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (l *loader) rule(path []any, r ruleFile) Rule {
	at := func(steps ...any) []any { return append(slices.Clone(path), steps...) }
	if !idForm.MatchString(r.ID) {
		l.fail(at("id"), "id %q must be lower-case words joined by hyphens", r.ID)
	}
	if r.Title == "" {
		l.fail(path, "rule %q has no title; say in plain words what it is for", r.ID)
	}
	rule := Rule{ID: r.ID, Title: r.Title, When: strings.TrimSpace(r.When)}
	rule.Mode = Mode(l.parse(at("mode"), modeWords, r.Mode))
	if rule.When == "" {
		l.fail(path, "rule %q has no condition; when: true holds always", r.ID)
	} else if compiled, err := l.conditions.compile(rule.When); err != nil {
		for _, text := range strings.Split(err.Error(), "\n") {
			l.fail(at("when"), "condition of %q, %s", r.ID, text)
		}
	} else {
		rule.condition = compiled
	}
	rule.Then.Action = Action(l.parse(at("then", "action"), actionWords, r.Then.Action))
	for i, word := range r.Then.Account {
		rule.Then.Account |= l.accountAction(at("then", "account_actions", i), word)
	}
	rule.Then.OpenCase = r.Then.Case
	for i, n := range r.Then.Notices {
		rule.Then.Notices |= l.notice(at("then", "notices", i), n)
	}
	if rule.Mode == Live {
		l.needQuotas(at("then"), r.ID, rule.Then)
	}
	return rule
}

// severe are the account actions that people ask for and that must stay with
// a person: they cannot be taken back, or their harm cannot.
var severe = []string{"suspend", "ban", "terminate", "delete", "disable", "remove", "close", "report", "report_candidate"}

func (l *loader) accountAction(path []any, word string) AccountActions {
	if slices.Contains(severe, word) {
		l.fail(path, "%q is never automatic: it is severe and needs a person's decision; open a case instead (open_case: true, account_actions: [review])", word)
		return 0
	}
	n, err := accountWords.parse(word)
	if err != nil {
		l.fail(path, "%s; every one can be taken back", err)
		return 0
	}
	return SetOf(AccountAction(n))
}

// notice finds or adds a notice and returns its place as a set.
func (l *loader) notice(path []any, raw noticeFile) Indexes {
	n := notice{key: raw.Text}
	before := len(l.errs)
	n.to = Party(l.parse(append(path, "to"), partyWords, raw.To))
	n.moment = Moment(l.parse(append(path, "moment"), momentWords, raw.Moment))
	switch {
	case raw.Text == "":
		l.fail(path, "the notice has no text; text is a key of the catalogue %s.po", support.FallbackLocale)
	case !l.policy.texts.Has(kindOf(raw.Text), raw.Text):
		l.fail(append(path, "text"), "there is no text %q in %s", raw.Text, support.FallbackLocale)
	}
	if len(l.errs) > before {
		return 0
	}
	p := l.policy
	i := slices.Index(p.notices, n)
	if i < 0 {
		i = len(p.notices)
		if i == MaxNotices {
			l.fail(path, "more than %d different notices", MaxNotices)
			return 0
		}
		p.notices = append(p.notices, n)
		if n.moment == SenderPaused {
			p.paused |= 1 << i
		}
	}
	return 1 << i
}

// index prepares the pre-filter.
func (p *Policy) index() {
	for i, r := range p.rules {
		for n := range p.byEvent {
			p.byEvent[n] |= Indexes(r.condition.events>>n&1) << i
		}
		for n := range p.byLevel {
			p.byLevel[n] |= Indexes(r.condition.levels>>n&1) << i
		}
	}
}

// Version is the version that the file states, with a fingerprint of its
// content and of the texts.
func (p *Policy) Version() string { return p.version }

// FailMode is the declared fail mode.
func (p *Policy) FailMode() FailMode { return p.fail }

// Len is the number of rules.
func (p *Policy) Len() int { return len(p.rules) }

// Rule is the rule at place i, from 0.
func (p *Policy) Rule(i int) *Rule { return &p.rules[i] }

// Texts are the words that people are shown.
func (p *Policy) Texts() *support.Catalogue { return p.texts }

// Notice is the notice at place i, from 0, in words for a reader of a locale
// (BCP 47; "" for the fallback) and of a band (a word of support.Bands; "" for
// none). See support.Catalogue.Find.
func (p *Policy) Notice(i int, locale, band string) Notice {
	n := p.notices[i]
	text, in := p.texts.Find(kindOf(n.key), n.key, band, locale)
	return Notice{To: n.to.String(), Moment: n.moment.String(), TextKey: n.key, Text: text, Locale: in}
}

// NoticeFor is whom the notice at place i is for.
func (p *Policy) NoticeFor(i int) Party { return p.notices[i].to }
