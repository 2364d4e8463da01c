package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"rowan/guard/engine"
	"rowan/guard/signal"
)

// The kinds of Source.
const (
	taxonomySource = "taxonomy"
	lexiconSource  = "lexicon"
	featureSource  = "features"
	modelSource    = "model"
	policySource   = "policy"
	accountSource  = "accounts"
	ruleSource     = "rulebook"
	textSource     = "texts"
	learnedSource  = "learned"
)

// sourceList is what decisions rest on.
func sourceList(sources engine.Sources) (list []Source) {
	for _, s := range []struct {
		kind  string
		files []signal.File
	}{
		{taxonomySource, []signal.File{sources.Taxonomy}},
		{featureSource, []signal.File{sources.Features}},
		{modelSource, []signal.File{sources.Model}},
		{policySource, []signal.File{sources.Policy}},
		{lexiconSource, sources.Lexicons},
		{accountSource, []signal.File{sources.Accounts}},
		{ruleSource, sources.Rulebook},
		{textSource, sources.Texts},
		{learnedSource, []signal.File{sources.Learned}},
	} {
		for _, f := range s.files {
			if f.Source == nil {
				continue
			}
			list = append(list, Source{Kind: s.kind, Name: f.Name, Text: f.Source})
		}
	}
	return list
}

// putConfig stores what decisions rest on, so that a replay years later can
// use the same, and returns its number.
func putConfig(ctx context.Context, store Store, sources engine.Sources) (uint32, error) {
	list := sourceList(sources)
	digest := sha256.New()
	for _, s := range list {
		fmt.Fprintf(digest, "%s %q %d\n%s\n", s.Kind, s.Name, len(s.Text), s.Text)
	}
	return store.PutConfig(ctx, hex.EncodeToString(digest.Sum(nil)), list)
}

func readSources(ctx context.Context, store Store, number uint32) (engine.Sources, error) {
	list, err := store.Config(ctx, number)
	if err != nil {
		return engine.Sources{}, fmt.Errorf("data files number %d: %w", number, err)
	}
	// Entries from before there was a learned model were decided without one.
	out := engine.Sources{Learned: signal.File{Name: "none", Source: []byte{}}}
	for _, s := range list {
		file := signal.File{Name: s.Name, Source: s.Text}
		switch s.Kind {
		case taxonomySource:
			out.Taxonomy = file
		case featureSource:
			out.Features = file
		case modelSource:
			out.Model = file
		case learnedSource:
			// Empty and not nil: it was switched off.
			out.Learned = signal.File{Name: s.Name, Source: append([]byte{}, s.Text...)}
		case policySource:
			out.Policy = file
		case accountSource:
			out.Accounts = file
		case textSource:
			out.Texts = append(out.Texts, file)
		case ruleSource:
			out.Rulebook = append(out.Rulebook, file)
		case lexiconSource:
			out.Lexicons = append(out.Lexicons, file)
		}
	}
	return out, nil
}
