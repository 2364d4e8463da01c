// Package notice turns the facts of a case into the papers that a regulator
// serves: each paragraph names the section that it rests on. The words are data
// (texts.yaml); nothing is written that the facts do not hold.
package notice

// Document is a paper in words.
type Document struct {
	Kind       string      `json:"kind"`
	Title      string      `json:"title"`
	Reference  string      `json:"reference"` // RW/12/3
	Status     string      `json:"status"`    // draft, issued, served, published, withdrawn
	Addressee  []string    `json:"addressee"` // lines
	Dates      []Dated     `json:"dates"`
	Paragraphs []Paragraph `json:"paragraphs"`
	Version    string      `json:"version"` // of the texts
	Simulated  bool        `json:"simulated,omitempty"`
}

// Dated is a day with its label.
type Dated struct {
	Label string `json:"label"`
	Day   string `json:"day"`
}

// Paragraph is one numbered paragraph, or a heading if it has no number.
type Paragraph struct {
	Number  string `json:"number,omitempty"`
	Text    string `json:"text"`
	Section string `json:"section,omitempty"` // "s.130(2)(a)"
}
