package demo

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"rowan/guard/response"
	"rowan/terminal"
)

// Frame is what does not change while a demo runs.
type Frame struct {
	Address   string
	Oversight string // address of the regulator's side, "" if there is none
	Accounts  int
	Seed      uint64
	Colour    bool
	Rows      int // of the terminal; 0: enough
}

// Text draws a view in at most terminal.Width columns and Frame.Rows rows.
func (f Frame) Text(v View) string {
	var b strings.Builder
	line := func(format string, args ...any) {
		b.WriteString(clip(fmt.Sprintf(format, args...), terminal.Width))
		b.WriteByte('\n')
	}
	line("Rowan demo. SIMULATED platform of %s accounts, seed %d.", terminal.Grouped(int64(f.Accounts)), f.Seed)
	line("%s    Ctrl-C stops", f.Address)
	if f.Oversight != "" {
		line("%s    the regulator", f.Oversight)
	}
	line("")
	line("%s decisions, %s a second; simulated time %s", terminal.Grouped(int64(v.Decisions)), terminal.Grouped(int64(v.PerSecond)), v.At.UTC().Format("2 Jan 15:04"))
	var actions []string
	for _, a := range v.Actions {
		if a.Count > 0 {
			actions = append(actions, a.Action.String()+" "+terminal.Grouped(int64(a.Count)))
		}
	}
	line("%s", strings.Join(actions, "   "))
	line("%s, %s watched", count(v.Alerts, "alert"), count(uint64(len(v.Watched)), "account"))
	line("")
	if len(v.Watched) == 0 {
		line("Nobody is watched yet.")
		return b.String()
	}
	line("%-11s %-13s %5s  %s", "Level", "Account", "Young", "Why")
	rows := 3
	if f.Rows > 0 {
		rows = max(1, (f.Rows-strings.Count(b.String(), "\n")-2)/3)
	} else {
		rows = 5
	}
	for i, w := range v.Watched {
		if i == rows {
			line("and %s more, at the address above", terminal.Grouped(int64(len(v.Watched)-rows)))
			break
		}
		level := fmt.Sprintf("%s %-9s", w.Level.Mark(), w.Level)
		if f.Colour {
			level = paint(w.Level, level)
		}
		var why []string
		for _, r := range w.Why {
			why = append(why, r.Title)
		}
		fmt.Fprintf(&b, "%s %s\n", level, clip(fmt.Sprintf("%-13s %5d  %s", clip(w.Account, 13), w.Young, strings.Join(why, "; ")), terminal.Width-12))
		line("%32s%s", "", "then: "+w.Action.String()+"; "+w.At.UTC().Format("2 Jan 15:04"))
		line("%32s%s", "", "in truth (simulated): "+w.Truth)
	}
	return b.String()
}

// paint colours a level; the word and the shape stay.
func paint(l response.Level, s string) string {
	code := "2"
	switch l {
	case response.High, response.Critical:
		code = "31"
	case response.Elevated:
		code = "33"
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// clip cuts a line to a width.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}

func count(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return terminal.Grouped(int64(n)) + " " + noun + "s"
}
