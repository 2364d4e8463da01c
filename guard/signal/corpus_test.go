package signal_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"rowan/guard/signal"
)

// chatFolder holds real, benign chat on the machines that have it; nothing of
// it is copied into the project.
const chatFolder = "/work/shared/data/chat"

type transcript struct {
	Turns []struct {
		From string `json:"from"`
		Text string `json:"text"`
	} `json:"turns"`
}

// readChat reads every nth conversation of each file of the folder, by name of
// the file.
func readChat(tb testing.TB, nth int) map[string][]transcript {
	tb.Helper()
	names, err := filepath.Glob(filepath.Join(chatFolder, "*.jsonl.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	if len(names) == 0 {
		tb.Skipf("no chat in %s on this machine: nothing measured", chatFolder)
	}
	all := map[string][]transcript{}
	for _, name := range names {
		file, err := os.Open(name)
		if err != nil {
			tb.Fatal(err)
		}
		defer file.Close()
		plain, err := gzip.NewReader(file)
		if err != nil {
			tb.Fatal(err)
		}
		lines := bufio.NewScanner(plain)
		lines.Buffer(nil, 8<<20)
		for n := 0; lines.Scan(); n++ {
			if n%nth != 0 {
				continue
			}
			var one transcript
			if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
				tb.Fatalf("%s:%d: %v", name, n+1, err)
			}
			all[filepath.Base(name)] = append(all[filepath.Base(name)], one)
		}
		if err := lines.Err(); err != nil {
			tb.Fatal(err)
		}
	}
	return all
}

// TestBenignChat prints how often each signal is read in ordinary talk, and
// holds the signals that act alone to a bound.
func TestBenignChat(t *testing.T) {
	nth := 10
	if *everything {
		nth = 1
	}
	taxonomy, reader := defaultTaxonomy(t), defaultLexicon(t).NewReader()
	for name, conversations := range readChat(t, nth) {
		hits, within := map[signal.ID]int{}, map[signal.ID]int{}
		quoted, hidden, split := 0, 0, 0
		acting := 0
		for _, conversation := range conversations {
			carries := map[string]*signal.Carry{}
			seen := map[signal.ID]bool{}
			for i, turn := range conversation.Turns {
				if carries[turn.From] == nil {
					carries[turn.From] = &signal.Carry{}
				}
				for _, h := range reader.Read(turn.Text, "en", carries[turn.From], 1_700_000_000_000+int64(i)*20_000).Hits {
					hits[h.Signal]++
					seen[h.Signal] = true
					quoted += int(h.Flags & signal.Quoted / signal.Quoted)
					hidden += int(h.Flags & signal.Hidden / signal.Hidden)
					split += int(h.Flags & signal.Split / signal.Split)
				}
			}
			severe := false
			for id := range seen {
				within[id]++
				severe = severe || taxonomy.Signal(id).Severity == 5 && taxonomy.Signal(id).Direction != signal.FromMinor
			}
			if severe {
				acting++
			}
		}
		ids := slices.Collect(maps.Keys(hits))
		slices.SortFunc(ids, func(a, b signal.ID) int { return cmp.Compare(within[b], within[a]) })
		table := ""
		for _, id := range ids {
			s := taxonomy.Signal(id)
			table += fmt.Sprintf("  %s %-20s severity %d: %6d hits in %5d conversations (%.2f%%)\n",
				s.Code, s.Name, s.Severity, hits[id], within[id], 100*float64(within[id])/float64(len(conversations)))
		}
		t.Logf("%s: %d conversations; %d hits quoted, %d hidden, %d split; %d conversations with a signal of severity 5\n%s",
			name, len(conversations), quoted, hidden, split, acting, table)
		if share := float64(acting) / float64(len(conversations)); share > 0.005 {
			t.Errorf("%s: %.2f%% of ordinary conversations have a signal that acts alone; at most 0.5%%", name, 100*share)
		}
	}
}

// BenchmarkReadChat reads many different lines, so that the tables are not
// already in the cache.
func BenchmarkReadChat(b *testing.B) {
	var lines []string
	bytes := 0
	for _, conversations := range readChat(b, 10) {
		for _, conversation := range conversations {
			for _, turn := range conversation.Turns {
				lines = append(lines, turn.Text)
				bytes += len(turn.Text)
			}
		}
	}
	reader := defaultLexicon(b).NewReader()
	b.SetBytes(int64(bytes / len(lines)))
	b.ReportAllocs()
	var carry signal.Carry
	i := 0
	for b.Loop() {
		reader.Read(lines[i], "en", &carry, 1_700_000_000_000)
		if i++; i == len(lines) {
			i = 0
		}
	}
}
