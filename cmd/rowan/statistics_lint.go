package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"rowan/statistics/reference"
	"rowan/statistics/release"
	"rowan/statistics/release/lint"
	"rowan/terminal"
)

func statisticsLint() *cobra.Command {
	var dir string
	var asJSON bool
	c := &cobra.Command{
		Use:   "lint FILE",
		Short: "Check the numbers in any text against a release",
		Long: `Finds the numerical claims of a text, such as counts, percentages, "one in five",
"more than doubled", and checks each against the figures of a release and against
the text's own arithmetic: right, wrong (with what is right), or not checkable,
with the reason. A percentage may be rounded or cut off. - is the standard input.

Exit codes: 0 nothing is wrong, 1 something is wrong or failed, 2 wrong usage.`,
		Example: "  rowan statistics lint press-release.txt --release out/\n  rowan statistics lint press-release.txt --release out/ --json | jq '.[] | select(.verdict == \"wrong\")'",
		Args:    exactly(1, "one text"),
		RunE: func(c *cobra.Command, args []string) error {
			if dir == "" {
				return &usageError{fmt.Errorf("--release is missing: the folder of the release to check against")}
			}
			text, err := readText(c.InOrStdin(), args[0])
			if err != nil {
				return err
			}
			o, err := release.Open(dir)
			if err != nil {
				return err
			}
			ref, err := reference.Default()
			if err != nil {
				return err
			}
			found := lint.Check(text, o.Set, ref)
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetEscapeHTML(false)
				e.SetIndent("", "  ")
				if found == nil {
					found = []lint.Finding{}
				}
				err = e.Encode(found)
			} else {
				err = writeFindings(c.OutOrStdout(), found)
			}
			if err != nil {
				return err
			}
			for _, f := range found {
				if f.Verdict == lint.Wrong {
					return errQuiet
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&dir, "release", "", "the folder of a release")
	c.Flags().BoolVar(&asJSON, "json", false, "write JSON")
	return c
}

// longest is the size in bytes of a text above which it is refused.
const longest = 4 << 20

func readText(in io.Reader, path string) (string, error) {
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, longest+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("reading the text: %w", err)
	case len(text) > longest:
		return "", fmt.Errorf("%s has more than %d bytes; a text to check is shorter", path, longest)
	}
	return string(text), nil
}

// writeFindings shows what is wrong first, then the rest by line.
func writeFindings(to io.Writer, found []lint.Finding) error {
	var s strings.Builder
	counts := map[lint.Verdict]int{}
	for _, verdict := range []lint.Verdict{lint.Wrong, lint.Unchecked, lint.Right} {
		for _, f := range found {
			if f.Verdict != verdict {
				continue
			}
			counts[verdict]++
			s.WriteString(terminal.Wrap(fmt.Sprintf("line %d: %q is %s: %s", f.Line, f.Claim, f.Verdict, f.Why), 0))
			if f.Right != "" {
				s.WriteString(terminal.Wrap("-> "+f.Right, 4))
			}
			if f.Figure != "" {
				s.WriteString("    " + f.Figure + "\n")
			}
		}
	}
	fmt.Fprintf(&s, "%d claims: %d wrong, %d not checkable, %d right.\n", len(found), counts[lint.Wrong], counts[lint.Unchecked], counts[lint.Right])
	_, err := io.WriteString(to, s.String())
	return err
}
