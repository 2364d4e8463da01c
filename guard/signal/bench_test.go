package signal_test

import (
	"testing"

	"rowan/guard/signal"
)

// benignLines have 56 bytes on average, the mean of the chat corpora.
func benignLines() []string {
	return []string{
		"i think the new level is much harder than the last one",
		"ok brb my dinner is ready, back in about ten minutes",
		"did you see the match yesterday? it was so close at the end",
		"lol no way, i got stuck on that puzzle for like an hour",
		"sure! what kind of food do you like to eat at weekends",
		"can you help me with question 4 of the maths homework",
		"we watched a really good film about space on sunday evening",
		"my favourite band is playing here next month, tickets are $30",
		"hahaha that dog picture is the best thing i have seen today",
		"yes please, a table for four people at half past six would do",
	}
}

// disguisedLines are lines of the same length with every way of hiding.
func disguisedLines() []string {
	return []string{
		"1 th1nk th3 n3w l3v3l 1s much h4rd3r th4n the l4st 0ne",
		"ok brb my d i n n e r is r.e.a.d.y, back in ten m1nutes",
		"did you s\u0435\u0435 the m\u0430tch yesterd\u0430y? it was so cl\u043ese",
		"l\u200bol no w\u200bay, i g\u200bot st\u200buck on th\u200bat puzzle for an hour",
		"ｓｕｒｅ！ ｗｈａｔ ｋｉｎｄ of food do you like to eat",
		"d-o-n-t t3ll an*one at sch00l ok plssss its our s3cr3t",
		"wewatchedareallygoodfilmaboutspace on sundayyyyy evening",
		"my f@vourite b@nd is pl@ying here next m0nth, t1ckets",
		"h̷a̷h̷a̷ that dog p̶i̶c̶ture is the best thing i have seen",
		"add me on sn@pch@t or s n a p, zero seven seven double zero",
	}
}

func benchmarkRead(b *testing.B, lines []string) {
	reader := defaultLexicon(b).NewReader()
	carries := make([]signal.Carry, len(lines))
	at := int64(1_700_000_000_000)
	bytes := 0
	for _, line := range lines {
		bytes += len(line)
	}
	b.SetBytes(int64(bytes / len(lines)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		reader.Read(lines[i], "en", &carries[i], at)
		at += 1000
		if i++; i == len(lines) {
			i = 0
		}
	}
}

func BenchmarkRead(b *testing.B)          { benchmarkRead(b, benignLines()) }
func BenchmarkReadDisguised(b *testing.B) { benchmarkRead(b, disguisedLines()) }

func BenchmarkCompile(b *testing.B) {
	taxonomy := defaultTaxonomy(b)
	files, err := signal.DefaultLexicons()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var lexicon *signal.Lexicon
	for b.Loop() {
		if lexicon, err = signal.Compile(taxonomy, files); err != nil {
			b.Fatal(err)
		}
	}
	size := lexicon.Size()
	b.ReportMetric(float64(size.States), "states")
	b.ReportMetric(float64(size.Bytes), "table-bytes")
}
