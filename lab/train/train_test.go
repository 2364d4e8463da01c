package train

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rowan/guard/signal"
	"rowan/guard/signal/learned"
	"rowan/lab/training"
)

// options are for a quick training, on one line of sixteen of the project's own.
func options(t *testing.T) Options {
	t.Helper()
	set, err := training.Read("../training")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]*strings.Builder{}
	for i, l := range set.Lines {
		if i%16 != 0 {
			continue
		}
		if rows[l.File] == nil {
			rows[l.File] = &strings.Builder{}
			rows[l.File].WriteString("family\tform\ttext\talso\n")
		}
		fmt.Fprintf(rows[l.File], "%s\t%s\t%s\t%s\n", l.Family, l.Form, l.Text, strings.Join(l.Also, ","))
	}
	o := Defaults()
	o.Lines, o.Epochs = t.TempDir(), 3
	for name, text := range rows {
		if err := os.WriteFile(filepath.Join(o.Lines, name), []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func train(t *testing.T, o Options) *Result {
	t.Helper()
	r, err := Train(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheSameDataAndSeedMakeTheSameBytes(t *testing.T) {
	o := options(t)
	a := train(t, o)
	if b := train(t, o); !bytes.Equal(a.Model, b.Model) {
		t.Error("the models differ")
	}
	o.Seed++
	if b := train(t, o); bytes.Equal(a.Model, b.Model) {
		t.Error("another seed makes the same model: is it used?")
	}
}

func TestATrainedModelFindsWhatItWasTrainedOn(t *testing.T) {
	r := train(t, options(t))
	x, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	m, err := learned.Load("m", r.Model, x)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Header().Heads) < 10 || len(r.Heads) != len(m.Header().Heads) {
		t.Fatalf("%d heads", len(m.Header().Heads))
	}
	right, lines := 0.0, 0
	for _, h := range r.Heads {
		right += h.Recall * float64(h.Lines)
		lines += h.Lines
		if h.Families < 5 || h.Lines == 0 {
			t.Errorf("%s: %d families, %d lines to calibrate with", h.Signal, h.Families, h.Lines)
		}
	}
	if right == 0 {
		t.Errorf("nothing of %d calibration lines is found", lines)
	}
}

func TestEverydaySignalsHaveNoHead(t *testing.T) {
	for _, h := range train(t, options(t)).Heads {
		if h.Signal == "B03" || h.Signal == "A01" || strings.HasPrefix(h.Signal, "P") && h.Signal != "P06" && h.Signal != "P08" || strings.HasPrefix(h.Signal, "V") {
			t.Errorf("%s has a head", h.Signal)
		}
	}
}

func TestBenignChatIsNotedByItsHash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.jsonl.gz")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	for i := range 50 {
		fmt.Fprintf(z, `{"conversation":"c%d","turns":[{"text":"the film was long and the popcorn was stale"},{"text":"what a goal that was"}]}`+"\n", i)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.Benign, o.BenignShare = []string{path}, 1
	r := train(t, o)
	if r.Header.Benign != 100 || len(r.Header.Data["chat.jsonl.gz"]) != 64 {
		t.Errorf("%+v", r.Header)
	}
	o.Benign = []string{path + ".missing"}
	if _, err := Train(t.Context(), o); err == nil {
		t.Error("a file that is not there is no error")
	}
}

func TestHeldOutLinesAreMeasured(t *testing.T) {
	held, err := Measure("../training/held", train(t, options(t)).Model)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range held {
		if h.Lines == 0 || h.Both < h.Lexicon || h.Both < h.Recall-1e-9 {
			t.Errorf("%+v", h)
		}
	}
}

// That the built-in model is byte for byte what its command makes takes the
// benign chat and most of a minute, and CI has a step for it. This is what can
// be told at once: nobody changed the lines and forgot the model.
func TestTheBuiltInModelWasMadeFromTheseLines(t *testing.T) {
	_, src := learned.Defaults()
	x, err := signal.DefaultTaxonomy()
	if err != nil {
		t.Fatal(err)
	}
	m, err := learned.Load("built-in", src, x)
	if err != nil {
		t.Fatal(err)
	}
	d := data{sums: map[string]string{}}
	if err := d.hash("../training"); err != nil {
		t.Fatal(err)
	}
	for name, sum := range d.sums {
		if m.Header().Data[name] != sum {
			t.Errorf("%s changed since the model was trained; docs/signals.md has the command", name)
		}
	}
	if len(d.sums) == 0 || m.Header().Taxonomy != x.Version {
		t.Errorf("%d hashes; the model is for taxonomy %s, this is %s", len(d.sums), m.Header().Taxonomy, x.Version)
	}
}
