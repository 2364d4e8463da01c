package server

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"rowan/event"
)

type media struct {
	Examples map[string]struct {
		Ref   string `yaml:"$ref"`
		Value any    `yaml:"value"`
	} `yaml:"examples"`
}

type description struct {
	OpenAPI string `yaml:"openapi"`
	Paths   map[string]map[string]struct {
		Parameters []struct {
			Name, In, Example string
		} `yaml:"parameters"`
		RequestBody struct {
			Content map[string]media `yaml:"content"`
		} `yaml:"requestBody"`
		Responses map[string]any `yaml:"responses"`
	} `yaml:"paths"`
	Components struct {
		Examples map[string]struct {
			Value any `yaml:"value"`
		} `yaml:"examples"`
	} `yaml:"components"`
}

func describeAPI(t *testing.T, src string) description {
	t.Helper()
	var d description
	if err := yaml.Unmarshal([]byte(src), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// Every example of the description that the server hands out is sent to it.
func TestEveryExampleIsAnswered(t *testing.T) {
	h := start(t, nil)
	d := describeAPI(t, h.do("GET", "/openapi.yaml", "", "").body)
	types := map[string]bool{}
	for mediaType, form := range d.Paths["/v1/events"]["post"].RequestBody.Content {
		if len(form.Examples) == 0 {
			t.Errorf("%s has no example", mediaType)
		}
		for name, example := range form.Examples {
			value := example.Value
			if key, ok := strings.CutPrefix(example.Ref, "#/components/examples/"); ok {
				value = d.Components.Examples[key].Value
			}
			body, isText := value.(string)
			if !isText {
				raw, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				body = string(raw)
			}
			got := h.do("POST", "/v1/events", mediaType, body)
			if got.status != 200 || strings.Contains(got.body, "urn:rowan:problem") || !strings.Contains(got.body, `"action":"allow"`) {
				t.Errorf("%s, %s: %d %s", mediaType, name, got.status, got.body)
			}
			if one, ok := value.(map[string]any); ok {
				types[fmt.Sprint(one["type"])] = true
			}
		}
	}
	for _, kind := range event.Types() {
		if !types[kind.String()] {
			t.Errorf("%v has no example", kind)
		}
	}
}

// Every operation of the description exists and gives a documented status.
func TestEveryOperationIsServed(t *testing.T) {
	h := start(t, nil)
	d := describeAPI(t, string(OpenAPI()))
	if d.OpenAPI != "3.1.0" || len(d.Paths) != 7 {
		t.Errorf("OpenAPI %s with %d paths", d.OpenAPI, len(d.Paths))
	}
	for path, operations := range d.Paths {
		for method, operation := range operations {
			target, query := path, []string{}
			for _, p := range operation.Parameters {
				if p.In == "path" {
					target = strings.ReplaceAll(target, "{"+p.Name+"}", p.Example)
				} else {
					query = append(query, p.Name+"="+p.Example)
				}
			}
			if len(query) > 0 {
				target += "?" + strings.Join(query, "&")
			}
			mediaType, body := "", ""
			if method == "post" {
				mediaType, body = typeSingle, message("e1", "x")
			}
			if got := h.do(strings.ToUpper(method), target, mediaType, body); got.status != 200 || operation.Responses["200"] == nil {
				t.Errorf("%s %s: %d %s", method, target, got.status, got.body)
			}
			if strings.HasPrefix(path, "/v1/") {
				if got := h.do(strings.ToUpper(method), target, mediaType, body, "Authorization", ""); got.status != 401 || operation.Responses["401"] == nil {
					t.Errorf("%s %s without a key: %d", method, target, got.status)
				}
			}
		}
	}
}

// tool runs a Node.js program that .ci/package.json pins, or skips the test.
func tool(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Node.js is not installed")
	}
	program, err := filepath.Abs(filepath.Join("..", ".ci", "node_modules", ".bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Skipf("%s is not installed; npm ci --prefix .ci installs it", name)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	// Neither usage figures nor the question for a newer version leave this machine.
	command.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestDescriptionPassesALinter(t *testing.T) {
	out := tool(t, "redocly", "lint", "--extends", "recommended", "--skip-rule", "operation-4xx-response", "openapi.yaml")
	if !strings.Contains(out, "Your API description is valid") || strings.Contains(out, "Warning was generated") {
		t.Error(out)
	}
}
