package signal

// sketch is a SimHash in the making: 64 counters side by side, one bit of each
// in every plane, so that adding a feature to all of them is a few operations.
type sketch struct {
	planes [8]uint64
	n      int
	last   uint64
}

// sketchWords is how many words a text needs for its hash to tell anything, and
// sketchLimit how many are counted: the planes hold two features a word.
const (
	sketchWords = 5
	sketchLimit = 120
)

// word adds one word and its pair with the word before.
func (k *sketch) word(h uint64) {
	if k.n == sketchLimit {
		return
	}
	k.n++
	h = mix(h)
	k.add(h)
	k.add(mix(h ^ k.last<<1))
	k.last = h
}

func (k *sketch) add(v uint64) {
	for i := range k.planes {
		if v == 0 {
			return
		}
		v, k.planes[i] = v&k.planes[i], k.planes[i]^v
	}
}

// sum is the SimHash: a bit is set where more than half of the features have
// it.
func (k *sketch) sum() uint64 {
	if k.n < sketchWords {
		return 0
	}
	var more uint64
	same := ^uint64(0)
	for i := len(k.planes) - 1; i >= 0; i-- {
		if k.n>>i&1 == 0 { // half of 2n features
			more |= same & k.planes[i]
			same &^= k.planes[i]
		} else {
			same &= k.planes[i]
		}
	}
	if more == 0 {
		return 1 // 0 means too short
	}
	return more
}

func mix(h uint64) uint64 {
	h ^= h >> 31
	h *= 0x7fb5d329728ea185
	h ^= h >> 27
	h *= 0x81dadef4bc2dd44d
	return h ^ h>>33
}
