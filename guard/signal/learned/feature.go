package learned

// maxFeatures bounds how many features of one message count.
const maxFeatures = 1024

// Lengths of a message part that counts, in words, and of a word, in bytes.
const (
	maxWords    = 256
	longestWord = 24
	gram        = 4
)

// Salts keep kinds of features apart.
const (
	saltWord  uint32 = 0x9e3779b1
	saltPair  uint32 = 0x85ebca77
	saltSkip  uint32 = 0xc2b2ae3d
	saltGram  uint32 = 0x27d4eb2f
	saltStart uint32 = 0x165667b1
)

// hash is FNV-1a over the bytes, mixed so that near words lie far apart.
func hash(salt uint32, b []byte) uint32 {
	h := salt ^ 2166136261
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	return mix(h)
}

func mix(h uint32) uint32 {
	h ^= h >> 16
	h *= 0x7feb352d
	h ^= h >> 15
	h *= 0x846ca68b
	return h ^ h>>16
}

func pair(salt, a, b uint32) uint32 { return mix(a*0x01000193 ^ mix(b^salt)) }

// Extract appends the features of normalised words: each word, each word with the
// one before and the one before that, the first word as such, and the runs of
// four letters in longer words. A word of identity is none, and nothing reaches
// over it.
func Extract(dst []uint32, words []byte, identity map[uint32]struct{}) []uint32 {
	first := len(dst)
	var before, beforeThat uint32
	n := 0
	for from := 0; from < len(words) && n < maxWords && len(dst)-first < maxFeatures-64; {
		for from < len(words) && words[from] == ' ' {
			from++
		}
		to := from
		for to < len(words) && words[to] != ' ' {
			to++
		}
		if to == from {
			break
		}
		w := words[from:to]
		from = to
		n++
		h := hash(saltWord, w)
		if _, is := identity[h]; is {
			before, beforeThat = 0, 0
			continue
		}
		dst = append(dst, h)
		if n == 1 {
			dst = append(dst, pair(saltStart, h, 1))
		}
		if before != 0 {
			dst = append(dst, pair(saltPair, before, h))
		}
		if beforeThat != 0 {
			dst = append(dst, pair(saltSkip, beforeThat, h))
		}
		beforeThat, before = before, h
		if len(w) > gram && len(w) <= longestWord {
			for i := 0; i+gram <= len(w); i++ {
				dst = append(dst, hash(saltGram, w[i:i+gram]))
			}
		}
	}
	return dst
}
