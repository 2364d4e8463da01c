// Package stylesheet holds how Rowan's pages look: one family of colours, sizes
// and tables. A page puts it into its own style element, so that nothing is
// loaded, and adds what only it needs.
package stylesheet

import (
	_ "embed"
	"html/template"
)

//go:embed house.css
var house string

// House is the sheet, made for html/template's {{house}}.
func House() template.CSS { return template.CSS(house) }
