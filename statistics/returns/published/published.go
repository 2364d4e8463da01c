// Package published reads figures that were published, one a row, each with the
// address of its source: what a charity or a force printed, not what a force
// returned. Counts become observations; percentages and the like stay claims,
// because nobody can compute with them.
package published

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rowan/statistics/period"
	"rowan/statistics/returns"
)

// Columns are the columns that the file must have, in any order. Others, such
// as a quotation, are not read.
var columns = []string{"series", "area", "force", "period_start", "period_end", "measure", "value", "unit", "source_url"}

// File is what a file of published figures holds.
type File struct {
	Observations []returns.Observation
	Claims       []returns.Claim
	// Unread says of each row that was not understood where it is and why.
	Unread []error
}

// Places names the force or area of a row by its reference id.
type Places func(area, force string) (id string, ok bool)

// Read reads a file. name and sum go into the cells' addresses. A row that is
// not understood is reported in File.Unread and the others are read.
func Read(name, sum string, r io.Reader, places Places) (*File, error) {
	in := csv.NewReader(r)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: no header row: %w", name, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	at := map[string]int{}
	for i, h := range head {
		at[strings.TrimSpace(h)] = i
	}
	for _, c := range columns {
		if _, ok := at[c]; !ok {
			return nil, fmt.Errorf("%s: the column %q is missing; it needs %s", name, c, strings.Join(columns, ", "))
		}
	}
	f := &File{}
	for {
		fields, err := in.Read()
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		line, _ := in.FieldPos(0)
		get := func(c string) string { return strings.TrimSpace(fields[at[c]]) }
		cell := returns.Cell{File: name, SHA256: sum, Ref: returns.Column(at["value"]) + strconv.Itoa(line), Source: get("source_url")}
		if err := f.add(get, cell, places); err != nil {
			f.Unread = append(f.Unread, fmt.Errorf("%s: %w", cell, err))
		}
	}
}

func (f *File) add(get func(string) string, cell returns.Cell, places Places) error {
	var p period.Period
	var err error
	if p.Start, err = period.ParseDate(get("period_start")); err != nil {
		return err
	}
	if p.End, err = period.ParseDate(get("period_end")); err != nil {
		return err
	}
	if p.Days() < 1 {
		return fmt.Errorf("the period %s ends before it begins", p)
	}
	of, ok := places(get("area"), get("force"))
	if !ok {
		return fmt.Errorf("no force or area is known as %q, %q", get("area"), get("force"))
	}
	o := returns.Observation{Series: get("series"), Of: of, Period: p, Cells: []returns.Cell{cell}}
	measure, unit := get("measure"), get("unit")
	name, what, _ := strings.Cut(measure, ":")
	bound := ""
	for _, b := range []string{"_gte", "_gt", "_approx"} {
		if s, ok := strings.CutSuffix(name, b); ok && unit != "percent" {
			name, bound = s, b
			break
		}
	}
	switch known, err := place(&o, name, what); {
	case err != nil:
		return err
	case !known || unit == "percent":
		f.Claims = append(f.Claims, returns.Claim{Series: o.Series, Of: of, Period: p, Measure: measure, Value: get("value"), Unit: unit, Cells: o.Cells})
		return nil
	}
	if o.Value, err = value(get("value"), bound); err != nil {
		return err
	}
	f.Observations = append(f.Observations, o)
	return nil
}

// value reads a number with the bound that its measure's name states, "*" or
// "n/a". Nothing else is a value.
func value(s, bound string) (returns.Value, error) {
	v := returns.Value{Raw: s, High: returns.Open}
	switch strings.ToLower(s) {
	case "*":
		v.Kind, v.Low = returns.Suppressed, 1
		return v, nil
	case "n/a":
		v.Kind = returns.Missing
		return v, nil
	case "":
		v.Kind = returns.Blank
		return v, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return v, fmt.Errorf("%q is no whole number, \"*\" or \"n/a\"", s)
	}
	v.Low, v.High = n, n
	switch bound {
	case "_gt":
		v.Kind, v.Low, v.High, v.Note = returns.Range, n+1, returns.Open, "more than"
	case "_gte":
		v.Kind, v.High, v.Note = returns.Range, returns.Open, "at least"
	case "_approx":
		v.Kind, v.Note = returns.Estimated, "about"
	default:
		v.Kind = returns.Exact
	}
	return v, nil
}

// methods are the names that published figures use, by reference id of a
// service; several joined with + are counted together; an owner's group has the
// group's id.
var methods = map[string]string{
	"Facebook": "facebook", "Messenger": "messenger", "Instagram": "instagram", "WhatsApp": "whatsapp", "Snapchat": "snapchat", "Kik": "kik",
	"FacebookOwned": "facebook_owned", "MetaOwned": "facebook_owned", "FacebookOwned+Snapchat": "facebook_owned_plus_snap",
	"MetaOwned+Snapchat": "facebook_owned_plus_snap", "Facebook+Snapchat+Instagram": "fb_snap_ig", "social_media": "social-media",
}

func method(s string) (string, bool) {
	if id, ok := methods[s]; ok {
		return id, true
	}
	parts := strings.Split(s, "+")
	for i, p := range parts {
		id, ok := methods[p]
		if !ok {
			return "", false
		}
		parts[i] = id
	}
	slices.Sort(parts)
	return strings.Join(parts, "+"), true
}

// place fills in measure, offence and dims from the measure's name. known is
// false for what is no count of offences, victims or instances.
func place(o *returns.Observation, name, what string) (known bool, err error) {
	o.Offence = "scc-15a"
	switch {
	case strings.Contains(o.Series, "88A"):
		o.Offence = "ho-88a"
	case strings.Contains(o.Series, "combined"):
		o.Offence = "mixed-88a-scc"
	case strings.Contains(o.Series, "cyberflag"):
		o.Offence = "cyber-flagged-child-sexual"
	case strings.Contains(o.Series, "child-sexual-offences"):
		o.Offence = "child-sexual-offences"
	case o.Of == "police-scotland":
		o.Offence = "scotland-indecent"
	case o.Of == "psni":
		o.Offence = "ni-22a"
	case o.Of == "uk":
		o.Offence = "mixed"
	}
	switch name {
	case "offences_recorded":
		o.Measure = returns.Offences
		switch what {
		case "", "88A", "communicating_indecently_with_child":
			return true, nil
		}
		return false, nil
	case "instances":
		o.Measure = returns.Instances
		id, ok := method(what)
		if !ok {
			return false, fmt.Errorf("the method %q is not known", what)
		}
		o.Dims.Method = id
		return true, nil
	case "method_known_instances":
		o.Measure, o.Dims.Method = returns.Instances, "known"
		return true, nil
	case "victims_age_known":
		o.Measure, o.Dims.Age = returns.Victims, "known"
		return true, nil
	case "victims_gender_known":
		o.Measure, o.Dims.Gender = returns.Victims, "known"
		return true, nil
	case "youngest_victim_age":
		o.Measure = returns.Youngest
		return true, nil
	case "outcome":
		o.Measure, o.Dims.Outcome = returns.Offences, what
		return true, nil
	case "victims":
		o.Measure = returns.Victims
		if o.Dims, err = victims(what); err != nil {
			return false, err
		}
		return true, nil
	}
	return false, nil
}

var ages = map[string]string{
	"11_and_under": "0-11", "12_15": "12-15", "15_and_under": "0-15", "under_13": "0-12", "16_and_over": "16+", "age_unknown": "unknown", "": "",
}

func victims(what string) (d returns.Dims, err error) {
	for prefix, gender := range map[string]string{"female": "female", "male": "male", "gender_unknown": "unknown"} {
		if rest, ok := strings.CutPrefix(what, prefix); ok {
			what, d.Gender = strings.TrimPrefix(rest, "_"), gender
			break
		}
	}
	age, ok := ages[what]
	if !ok {
		return d, fmt.Errorf("the victims %q are not known", what)
	}
	d.Age = age
	return d, nil
}
