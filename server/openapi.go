package server

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI is the description of the interface, OpenAPI 3.1 in YAML.
func OpenAPI() []byte { return append([]byte(nil), openAPI...) }

func (s *Server) openapi(w http.ResponseWriter, _ *http.Request) {
	send(w, http.StatusOK, "application/yaml", openAPI)
}
