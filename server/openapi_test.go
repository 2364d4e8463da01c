package server

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

type parameter struct {
	Name, In, Example string
	Ref               string `yaml:"$ref"`
}

type description struct {
	OpenAPI string `yaml:"openapi"`
	Paths   map[string]map[string]struct {
		Parameters  []parameter `yaml:"parameters"`
		RequestBody struct {
			Content map[string]media `yaml:"content"`
		} `yaml:"requestBody"`
		Responses map[string]any `yaml:"responses"`
	} `yaml:"paths"`
	Components struct {
		Parameters map[string]parameter      `yaml:"parameters"`
		Schemas    map[string]map[string]any `yaml:"schemas"`
		Examples   map[string]struct {
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

// Every operation of the description exists. Each of its examples gets the
// answer that is documented: the members of it, and a refusal without a key.
func TestEveryOperationIsServed(t *testing.T) {
	h := onJournal(t, ours, func(c *Config) {
		c.Effects, c.Appeals = docket{}, docket{}
		c.Attestor = anyToken{Known: true, Method: event.Verification, Lower: 16, Upper: 16, Attested: true}
	})
	h.of("u-17", 16)
	h.tell("relationship.verified", `{"account":"u-parent","other":"u-17","kind":"guardian"}`)
	h.shown("u-17", "dm_from", "continued")
	d := describeAPI(t, string(OpenAPI()))
	if d.OpenAPI != "3.1.0" || len(d.Paths) != 14 {
		t.Errorf("OpenAPI %s with %d paths", d.OpenAPI, len(d.Paths))
	}
	for path, operations := range d.Paths {
		for method, operation := range operations {
			target, query, header := path, []string{}, []string{}
			for _, p := range operation.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					p = d.Components.Parameters[name]
				}
				switch p.In {
				case "path":
					target = strings.ReplaceAll(target, "{"+p.Name+"}", p.Example)
				case "header":
					header = append(header, p.Name, p.Example)
				default:
					query = append(query, p.Name+"="+p.Example)
				}
			}
			if len(query) > 0 {
				target += "?" + strings.Join(query, "&")
			}
			for name, body := range d.bodies(t, operation.RequestBody.Content) {
				named := append([]string{}, header...)
				for i := 1; i < len(named); i += 2 {
					named[i] += name // another key for each example
				}
				mediaType, _, _ := strings.Cut(name, " ")
				call := func(header ...string) reply {
					return h.do(strings.ToUpper(method), target, mediaType, body, append(named, header...)...)
				}
				got := call()
				if got.status != 200 || operation.Responses["200"] == nil {
					t.Errorf("%s %s, %s: %d %s", method, target, name, got.status, got.body)
				}
				if answer, schema := d.answer(operation.Responses["200"]); answer {
					for _, wrong := range d.undescribed(schema, parse[any](h.harness, got.body), "") {
						t.Errorf("%s %s, %s: %s", method, target, name, wrong)
					}
				}
				if strings.HasPrefix(path, "/v1/") {
					if got := call("Authorization", ""); got.status != 401 || operation.Responses["401"] == nil {
						t.Errorf("%s %s without a key: %d", method, target, got.status)
					}
				}
			}
		}
	}
}

// anyToken is what every token says.
type anyToken event.Age

func (a anyToken) Attest(context.Context, string, string) (event.Age, error) {
	return event.Age(a), nil
}

// bodies are the examples of a request, by media type and name; one that is
// empty if it has no body. Events are tested by TestEveryExampleIsAnswered, but
// for one.
func (d *description) bodies(t *testing.T, content map[string]media) map[string]string {
	t.Helper()
	all := map[string]string{}
	for mediaType, form := range content {
		for name, example := range form.Examples {
			if mediaType == typeJSON {
				raw, err := json.Marshal(example.Value)
				if err != nil {
					t.Fatal(err)
				}
				all[mediaType+" "+name] = string(raw)
			}
		}
	}
	if len(content) == 0 {
		all[""] = ""
	}
	if _, ok := content[typeSingle]; ok {
		all[typeSingle+" message"] = strings.Replace(message("e1", "hello"), "2026-03-01T12:30:00Z", december.Format(time.RFC3339), 1)
	}
	return all
}

// answer is the schema of a JSON answer; false if it has none.
func (d *description) answer(response any) (bool, map[string]any) {
	at := func(v any, name string) any { m, _ := v.(map[string]any); return m[name] }
	schema, ok := at(at(at(response, "content"), typeJSON), "schema").(map[string]any)
	return ok, schema
}

// undescribed lists the members of an answer that its schema lacks, and those
// that it requires and the answer lacks.
func (d *description) undescribed(schema map[string]any, v any, path string) (wrong []string) {
	if ref, ok := schema["$ref"].(string); ok {
		return d.undescribed(d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")], v, path)
	}
	if choices, ok := schema["oneOf"].([]any); ok {
		best := []string{path + ": no form fits"}
		for i, choice := range choices {
			found := d.undescribed(choice.(map[string]any), v, path)
			if i == 0 || len(found) < len(best) {
				best = found
			}
		}
		return best
	}
	if words, ok := schema["enum"].([]any); ok && !slices.Contains(words, v) {
		wrong = append(wrong, fmt.Sprintf("%s: %v is not one of %v", path, v, words))
	}
	switch v := v.(type) {
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		for name, member := range v {
			if inner, ok := properties[name].(map[string]any); ok {
				wrong = append(wrong, d.undescribed(inner, member, path+"/"+name)...)
			} else {
				wrong = append(wrong, path+"/"+name+" is not described")
			}
		}
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				wrong = append(wrong, path+"/"+name.(string)+" is missing")
			}
		}
	case []any:
		items, ok := schema["items"].(map[string]any)
		if !ok {
			return append(wrong, path+" is described as no array")
		}
		for i, item := range v {
			wrong = append(wrong, d.undescribed(items, item, fmt.Sprintf("%s/%d", path, i))...)
		}
	default:
		if _, ok := schema["properties"]; ok {
			wrong = append(wrong, fmt.Sprintf("%s: %v is no object", path, v))
		}
	}
	return wrong
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
