package register

// Area is one of those that a duty covers, and that the record of an alternative
// measure must speak of.
type Area struct{ Letter, Title string }

// Areas are those of s.10(4) and of s.12(8), whose lists are alike. Their words are
// ours, from memory of the list.
func Areas() []Area {
	return []Area{
		{"a", "Regulatory compliance and risk management"},
		{"b", "Design of functions, algorithms and other features"},
		{"c", "Terms of use"},
		{"d", "Who may use the service or see certain content, and blocking"},
		{"e", "Content moderation, taking content down among it"},
		{"f", "Control of users over what they meet"},
		{"g", "Support of users"},
		{"h", "Staff policies and practices"},
	}
}
