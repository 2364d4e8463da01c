// Package reference holds what figures of recorded crime rest on besides the
// returns: forces and areas, services and their owners by date, offences, and
// events after which figures are not comparable. All of it is data with a
// version, a date, its sources and a mark: V was seen in a source, G is general
// knowledge that nobody checked again.
package reference

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rowan/datafile"
	"rowan/statistics/period"
)

//go:embed *.yaml
var files embed.FS

// Head is what every data file begins with.
type Head struct {
	Version string `yaml:"version"`
	Date    string `yaml:"date"`
	Source  string `yaml:"source"`
}

// Named is a name and the days on which it was in use; nil is no bound.
type Named struct {
	Name string       `yaml:"name"`
	From *period.Date `yaml:"from"`
	To   *period.Date `yaml:"to"`
}

func (n Named) on(d period.Date) bool { return within(d, n.From, n.To) }

func within(d period.Date, from, to *period.Date) bool {
	return (from == nil || !d.Before(*from)) && (to == nil || !to.Before(d))
}

// Force is a police force, or another body that stands where one would.
type Force struct {
	ID          string   `yaml:"id"`
	Short       string   `yaml:"short"` // the place: West Mercia
	Code        string   `yaml:"code"`  // ONS
	Nation      string   `yaml:"nation"`
	Region      string   `yaml:"region"` // id of an Area of set ons
	Territorial bool     `yaml:"territorial"`
	Names       []Named  `yaml:"names"`
	Aliases     []string `yaml:"aliases"`
}

// Name is the force's name on a day.
func (f Force) Name(on period.Date) string { return nameOn(f.Names, on) }

// nameOn is the name in use on a day, or the last one.
func nameOn(names []Named, on period.Date) string {
	for _, n := range names {
		if n.on(on) {
			return n.Name
		}
	}
	return names[len(names)-1].Name
}

// Area is a set of forces that is summed.
type Area struct {
	ID      string   `yaml:"id"`
	Name    string   `yaml:"name"`
	Set     string   `yaml:"set"`  // ons, press
	Kind    string   `yaml:"kind"` // nation, region, press_region
	Code    string   `yaml:"code"`
	Forces  []string `yaml:"forces"`
	Aliases []string `yaml:"aliases"`
	Mixed   bool     `yaml:"mixed"` // its forces record under several laws
	Mark    string   `yaml:"mark"`
	Source  string   `yaml:"source"`
}

// Service is a platform, or another means of communication.
type Service struct {
	ID       string   `yaml:"id"`
	Platform bool     `yaml:"platform"` // false: text message, telephone, in person
	Names    []Named  `yaml:"names"`
	Aliases  []string `yaml:"aliases"`
	Owners   []Owner  `yaml:"owners"`
	Mark     string   `yaml:"mark"`
}

// Name is the service's name on a day.
func (s Service) Name(on period.Date) string { return nameOn(s.Names, on) }

// Owner is who owned a service between two days.
type Owner struct {
	Owner string       `yaml:"owner"`
	From  *period.Date `yaml:"from"`
	To    *period.Date `yaml:"to"`
}

// Group is a set of services as it was on a day, and its name of that day.
type Group struct {
	ID       string
	Label    string
	Services []string
	Source   string
}

type groupRule struct {
	ID       string   `yaml:"id"`
	Owners   []string `yaml:"owners"`
	Services []string `yaml:"services"`
	Label    string   `yaml:"label"`
	Source   string   `yaml:"source"`
}

// Offence is what is counted.
type Offence struct {
	ID           string      `yaml:"id"`
	Name         string      `yaml:"name"`
	Short        string      `yaml:"short"`
	Law          string      `yaml:"law"`
	Jurisdiction string      `yaml:"jurisdiction"`
	Begins       period.Date `yaml:"begins"`
	Code         string      `yaml:"code"`
	Contains     []Contained `yaml:"contains"`
	Mark         string      `yaml:"mark"`
	Note         string      `yaml:"note"`
}

// Contained is an offence that another one's count includes from a day on.
type Contained struct {
	ID   string      `yaml:"id"`
	From period.Date `yaml:"from"`
}

// Break is an event after which a force's figures are not comparable with those
// before it.
type Break struct {
	Force  string      `yaml:"force"`
	From   period.Date `yaml:"from"`
	To     period.Date `yaml:"to"`
	Kind   string      `yaml:"kind"` // new_system, incomplete, no_answer, part_year
	Text   string      `yaml:"text"`
	Source string      `yaml:"source"`
	Mark   string      `yaml:"mark"`
}

// Reference is all of it. It does not change once made.
type Reference struct {
	Versions map[string]string // version of each file

	bodies     []Force // by id
	areas      []Area
	services   []Service
	groups     []groupRule
	ownerNames map[string]string
	offences   []Offence
	breaks     []Break
}

// Default is the built-in data.
func Default() (*Reference, error) {
	read := func(name string) ([]byte, error) { return files.ReadFile(name) }
	return Load(read)
}

// Load reads the data from files of the built-in ones' names. It returns every
// error it finds.
func Load(read func(name string) ([]byte, error)) (*Reference, error) {
	r := &Reference{Versions: map[string]string{}}
	var errs []error
	parse := func(name string, head func() Head, out any) {
		src, err := read(name)
		if err == nil {
			_, err = datafile.Parse(name, src, out)
		}
		if err != nil {
			errs = append(errs, err)
			return
		}
		h := head()
		if h.Version == "" || h.Date == "" || h.Source == "" {
			errs = append(errs, fmt.Errorf("%s: version, date and source are needed", name))
		}
		r.Versions[name] = h.Version
	}
	var forces struct {
		Head   `yaml:",inline"`
		Bodies []Force `yaml:"bodies"`
	}
	var areas struct {
		Head  `yaml:",inline"`
		Areas []Area `yaml:"areas"`
	}
	var services struct {
		Head       `yaml:",inline"`
		Services   []Service         `yaml:"services"`
		Groups     []groupRule       `yaml:"groups"`
		OwnerNames map[string]string `yaml:"owner_names"`
	}
	var offences struct {
		Head     `yaml:",inline"`
		Offences []Offence `yaml:"offences"`
	}
	var breaks struct {
		Head   `yaml:",inline"`
		Breaks []Break `yaml:"breaks"`
	}
	parse("forces.yaml", func() Head { return forces.Head }, &forces)
	parse("areas.yaml", func() Head { return areas.Head }, &areas)
	parse("services.yaml", func() Head { return services.Head }, &services)
	parse("offences.yaml", func() Head { return offences.Head }, &offences)
	parse("breaks.yaml", func() Head { return breaks.Head }, &breaks)
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r.bodies, r.areas, r.services, r.groups = forces.Bodies, areas.Areas, services.Services, services.Groups
	r.ownerNames, r.offences, r.breaks = services.OwnerNames, offences.Offences, breaks.Breaks
	slices.SortFunc(r.bodies, func(a, b Force) int { return cmp.Compare(a.ID, b.ID) })
	return r, r.check()
}

// Forces are the 43 territorial forces of England and Wales, by id.
func (r *Reference) Forces() (out []Force) {
	for _, f := range r.bodies {
		if f.Territorial {
			out = append(out, f)
		}
	}
	return out
}

// Bodies are all forces and other bodies, by id.
func (r *Reference) Bodies() []Force { return slices.Clone(r.bodies) }

// Body is a force or another body.
func (r *Reference) Body(id string) (Force, bool) {
	return find(r.bodies, func(f Force) bool { return f.ID == id })
}

// Areas are all areas.
func (r *Reference) Areas() []Area { return slices.Clone(r.areas) }

// Area is one.
func (r *Reference) Area(id string) (Area, bool) {
	return find(r.areas, func(a Area) bool { return a.ID == id })
}

// Services are all services and other means.
func (r *Reference) Services() []Service { return slices.Clone(r.services) }

// Service is one.
func (r *Reference) Service(id string) (Service, bool) {
	return find(r.services, func(s Service) bool { return s.ID == id })
}

// Offence is one.
func (r *Reference) Offence(id string) (Offence, bool) {
	return find(r.offences, func(o Offence) bool { return o.ID == id })
}

func find[T any](all []T, is func(T) bool) (found T, ok bool) {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return found, false
	}
	return all[i], true
}

// Owner is who owned a service on a day, false if that is not known.
func (r *Reference) Owner(service string, on period.Date) (Owner, bool) {
	s, ok := r.Service(service)
	if !ok {
		return Owner{}, false
	}
	return find(s.Owners, func(o Owner) bool { return within(on, o.From, o.To) })
}

// Group is a group of services as it was on a day. It is false where no owner of
// the group owned anything on that day.
func (r *Reference) Group(id string, on period.Date) (Group, bool) {
	rule, ok := find(r.groups, func(g groupRule) bool { return g.ID == id })
	if !ok {
		return Group{}, false
	}
	g := Group{ID: id, Label: rule.Label, Services: slices.Clone(rule.Services), Source: rule.Source}
	owner := ""
	for _, s := range r.services {
		if o, ok := r.Owner(s.ID, on); ok && slices.Contains(rule.Owners, o.Owner) {
			g.Services = append(g.Services, s.ID)
			owner = o.Owner
		}
	}
	if len(rule.Owners) > 0 && owner == "" {
		return Group{}, false
	}
	if name := r.ownerNames[owner]; name != "" {
		owner = name
	}
	g.Label = strings.ReplaceAll(g.Label, "{owner}", owner)
	slices.Sort(g.Services)
	return g, true
}

// Breaks are the events that touch a period of a force.
func (r *Reference) Breaks(force string, p period.Period) (out []Break) {
	for _, b := range r.breaks {
		if b.Force == force && !b.To.Before(p.Start) && !p.End.Before(b.From) {
			out = append(out, b)
		}
	}
	return out
}

// Find names the force or area that a name stands for on its own; it is false
// for what stands for several things, such as West Midlands. Case, "Police" and
// "&" for "and" do not matter otherwise than as a name or alias has them.
func (r *Reference) Find(name string) (id string, ok bool) {
	key := nameKey(name)
	var found []string
	for _, f := range r.bodies {
		names := append(slices.Clone(f.Aliases), f.Short)
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
		if slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == key }) {
			found = append(found, f.ID)
		}
	}
	for _, a := range r.areas {
		names := append([]string{a.Name, a.Name + " (region)"}, a.Aliases...)
		if slices.ContainsFunc(names, func(n string) bool { return nameKey(n) == key }) && !slices.Contains(found, a.ID) {
			found = append(found, a.ID)
		}
	}
	if len(found) != 1 {
		return "", false
	}
	return found[0], true
}

// nameKey is what spellings of a name share.
func nameKey(s string) string {
	s = strings.ReplaceAll(strings.ToLower(s), "&", " and ")
	return strings.Join(strings.Fields(s), " ")
}
