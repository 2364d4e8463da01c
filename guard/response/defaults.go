package response

// Defaults returns the text of the built-in policy.
func Defaults() (name string, source []byte) {
	name = "default.yaml"
	source, err := shipped.ReadFile(name)
	if err != nil {
		panic("response: the built-in policy is not embedded: " + err.Error())
	}
	return name, source
}
