package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"rowan/guard/account/support"
	"rowan/guard/conduct"
	"rowan/guard/engine"
	"rowan/guard/evidence"
	"rowan/guard/response"
	"rowan/guard/signal"
	"rowan/rulebook"
)

func check() *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE...",
		Short: "Check policies, lexicons and other data files",
		Long: `Checks data files as 'rowan serve' does when it starts: an unknown key, a wrong
type, an unknown signal or a condition that does not compile is an error with
file and line. What a file is, its keys tell: rules make a policy, signals with
a language a lexicon, features, a prior and levels the weights, limits, keep or
journal the settings of 'rowan serve', a jurisdiction a pack of the rulebook. A
.po file is a catalogue of texts.`,
		Example: "  rowan check policy.yaml lexicon/en.yaml rowan.yaml de-DE.po",
		Args:    atLeastOne("one or more files"),
		RunE: func(c *cobra.Command, args []string) error {
			bad := false
			for _, path := range args {
				kind, err := checkFile(path)
				if err != nil {
					bad = true
					for line := range strings.SplitSeq(err.Error(), "\n") {
						fmt.Fprintln(c.ErrOrStderr(), line)
					}
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: %s, valid\n", path, kind)
			}
			if bad {
				return errQuiet
			}
			return nil
		},
	}
}

// checkPack loads a pack with the shipped settings.
func checkPack(path string, src []byte) error {
	files, err := rulebook.Shipped()
	if err != nil {
		return err
	}
	_, err = rulebook.Load(files[0], rulebook.File{Name: path, Source: src})
	return err
}

// checkSettings reads settings, and compiles the rules for accounts that they
// ask for.
func checkSettings(path string) error {
	s, err := readSettings(path, "")
	if err != nil {
		return err
	}
	var sources engine.Sources
	if err := s.rules(&sources); err != nil {
		return err
	}
	if _, err := engine.LoadConfig(sources); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// checkFile loads a file for what its keys say it is.
func checkFile(path string) (kind string, err error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(filepath.Ext(path), ".po") {
		locale, has, of, err := support.Check(support.File{Name: path, Source: src})
		return fmt.Sprintf("%d of %d texts in %s", has, of, locale), err
	}
	taxonomy, err := signal.DefaultTaxonomy()
	if err != nil {
		return "", err
	}
	var keys map[string]yaml.Node
	if err := yaml.Unmarshal(src, &keys); err != nil {
		// Whichever loader says so, it says it with file and line.
		_, err := response.Load(path, src, taxonomy)
		return "", err
	}
	has := func(name string) bool { _, ok := keys[name]; return ok }
	switch {
	case has("rules"):
		_, err = response.Load(path, src, taxonomy)
		return "a policy", err
	case has("language"):
		_, err = signal.Compile(taxonomy, []signal.File{{Name: path, Source: src}})
		return "a lexicon", err
	case has("features"):
		_, err = conduct.Load(path, src)
		return "conduct features", err
	case has("prior"), has("levels"):
		_, err = evidence.Load(path, src)
		return "evidence weights", err
	case has("stages"), has("signals"):
		_, err = signal.LoadTaxonomy(path, src)
		return "a taxonomy", err
	case has("jurisdiction"):
		return "a pack of the rulebook", checkPack(path, src)
	case has("address"), has("limits"), has("keep"), has("journal"), has("policy"), has("model"), has("learned"), has("lexicons"), has("accounts"), has("rulebook"), has("texts"), has("age"), has("ledger"), has("casework"), has("webhooks"), has("people"):
		return "settings", checkSettings(path)
	}
	return "", errors.New(path + ":1: this is no data file of Rowan's: it has none of the keys rules, language, features, prior, signals, jurisdiction, address, limits, keep, journal")
}
