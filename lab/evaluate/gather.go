package evaluate

import (
	"io/fs"

	"rowan/guard/response"
	"rowan/lab/evaluate/corpus"
)

// elevated is the level at which all is measured.
const elevated = response.Elevated

// Scenarios reads the written scenarios of the repository: each name is a set
// of harmful conversations and one of hard negatives. Only unseen was never
// used for tuning.
func Scenarios(dir fs.FS) ([]*Transcripts, error) {
	risks, err := readRisks(dir)
	if err != nil {
		return nil, err
	}
	var out []*Transcripts
	for _, name := range []string{"dev", "held", "third", "unseen"} {
		t := &Transcripts{Name: name, Part: Tuned}
		if name == "unseen" {
			t.Part = Held
		}
		for _, file := range []string{name + ".jsonl", name + "_benign.jsonl"} {
			if err := t.add(dir, file, risks); err != nil {
				return nil, err
			}
		}
		out = append(out, t)
	}
	return out, nil
}

func readRisks(dir fs.FS) (map[string]int, error) {
	f, err := dir.Open("intended.jsonl")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return corpus.Risks("intended.jsonl", f)
}

func (t *Transcripts) add(dir fs.FS, file string, risks map[string]int) error {
	f, err := dir.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	for c, err := range corpus.Transcripts(file, f) {
		if err != nil {
			return err
		}
		if c.Positive {
			c.Risk = risks[c.Conversation]
		}
		t.Conversations = append(t.Conversations, c)
	}
	return nil
}
