package response

// Vocabulary gives the words of each field that has words, by value.
func Vocabulary() map[string][]string {
	all := map[string][]string{}
	for _, f := range fields() {
		if f.kind == word {
			all[f.name] = f.words.list
		}
	}
	return all
}
