package signal

import "sync"

// lookAlike returns, for a letter of another script or a Latin variant, the
// small ASCII letter that it is easily read as, or 0. The pairs are facts of
// Unicode UTS #39 (confusables) and of plain sight, written down here for the
// letters met in chat: Cyrillic, Greek, Armenian, Cherokee, Latin variants.
//
// It is asked only about words that mean nothing as they stand, and its answer
// is used only if it makes a word of the lexicon: text in those scripts is
// never rewritten.
func lookAlike(r rune) byte {
	if r < 0x80 || r > 0x1F5FF {
		return 0
	}
	return lookAlikes()[r]
}

var lookAlikes = sync.OnceValue(func() map[rune]byte {
	groups := map[byte]string{
		'a': "аɑαӓᴀаΑаꭺɐәæ",
		'b': "ьвБбЪƅɓʙᏏᏼßβƄ",
		'c': "сϲᴄⅽꮯᏟςƈ",
		'd': "ԁɗᴅժⅾᏧđðꭰ",
		'e': "еєҽɛεеёэᴇξɘəᎬ",
		'f': "ғƒꜰſϝẝӺ",
		'g': "ɡɢցԍġǥᶃᏀɠ",
		'h': "һհнʜнᏂħɦꮒ",
		'i': "іıιїɩᎥɪӏⅰ¡",
		'j': "јϳʝᴊĵɉ",
		'k': "кκᴋҝқƙĸ",
		'l': "ӏⅼʟłɭιꞁᏞ",
		'm': "ммᴍɱⅿϻ",
		'n': "пոηɴռиńйŋ",
		'o': "оοօσᴏөøθסσഠ๐ఠ০όо",
		'p': "рρᴘþϼᏢр",
		'q': "ԛգզɋʠ",
		'r': "гяʀгꭇᴦɾɍ",
		's': "ѕꜱʂꮪ",
		't': "тτᴛтŧƭ",
		'u': "υսᴜцџʋμυµц",
		'v': "νѵᴠⅴѵ",
		'w': "шωԝᴡѡɯщա",
		'x': "хχⅹж",
		'y': "уүʏγყўүу",
		'z': "ʐᴢʒżƶ",
	}
	out := make(map[rune]byte)
	for letter := byte('a'); letter <= 'z'; letter++ {
		for _, r := range groups[letter] {
			if _, taken := out[r]; !taken {
				out[r] = letter
			}
		}
	}
	return out
})
