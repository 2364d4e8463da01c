package signal

// TaxonomyFile is the built-in taxonomy as text.
func TaxonomyFile() File { return File{Name: "taxonomy.yaml", Source: taxonomyYAML} }

// LoadTaxonomy reads a taxonomy, which must hold every signal that the code
// names.
func LoadTaxonomy(name string, source []byte) (*Taxonomy, error) { return parseTaxonomy(name, source) }
