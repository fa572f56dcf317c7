package tools

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Documents name files whole, from the top of the repository, in backticks. In backticks a name with a slash is a file or a
// folder, as is one that ends as our files do; * stands for a part of a name. What begins with a slash is a path of
// the server, what has a blank is a command, and what git ignores may be missing.
var (
	documents   = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}
	endings     = []string{".go", ".md", ".mjs", ".mts", ".ts", ".tsx", ".graphqls", ".sql", ".yml", ".yaml", ".sum", ".mod"}
	ignored     = []string{"bin", "data", "web/node_modules"}
	inBackticks = regexp.MustCompile("`([^`\n]+)`")
	target      = regexp.MustCompile(`^make ([a-z0-9-]+)`)
)

// TestDocumentsNameWhatExists looks up all files and targets of make that the documents name.
func TestDocumentsNameWhatExists(t *testing.T) {
	for _, document := range documents {
		t.Run(document, func(t *testing.T) {
			text, err := os.ReadFile(document)
			if err != nil {
				t.Fatal(err)
			}
			for _, missing := range missingNames(".", string(text)) {
				t.Errorf("%s names `%s`, which does not exist", document, missing)
			}
		})
	}
}

// TestMissingNames shows that the check can fail, and what it leaves alone.
func TestMissingNames(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"Makefile": "test: deps\nrun:\n", "chat/send.go": "", "README.md": "", "data.go": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string][]string{
		"`chat/send.go` and `chat`, `./chat/`, `chat/*.go`":                        nil,
		"`chat/sent.go`, then `chat/send.go`":                                      {"chat/sent.go"},
		"`send.go` without its folder":                                             {"send.go"},
		"`chats/` or `chat/*.sql`":                                                 {"chats/", "chat/*.sql"},
		"`chat/{send,page}.go`":                                                    {"chat/{send,page}.go"},
		"`README.md`, not `README.ms` or `README.mod`":                             {"README.mod"},
		"`bin/parley`, `data/keys.json` and `web/node_modules/graphql`":            nil,
		"`data.go`, but not `database/x`":                                          {"database/x"},
		"`/schema.graphqls`, `chat.Send`, `go test ./nowhere`, `https://a.b/c.md`": nil,
		"`make run`, `make test PKG=./chat`":                                       nil,
		"`make tes`":                                                               {"make tes"},
		"```sh\n`nowhere/x.go`\n```\nbehind it `chat/y.go`":                        {"chat/y.go"},
	} {
		if got := missingNames(root, text); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// missingNames are the names in a text that are neither under root nor targets of its Makefile. Blocks of code are left out.
func missingNames(root, text string) (missing []string) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		return []string{err.Error()}
	}
	code := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code {
			continue
		}
		for _, found := range inBackticks.FindAllStringSubmatch(line, -1) {
			name := found[1]
			if verb := target.FindStringSubmatch(name); verb != nil {
				if !strings.Contains("\n"+string(makefile), "\n"+verb[1]+":") {
					missing = append(missing, name)
				}
			} else if isFile(name) && !exists(root, name) {
				missing = append(missing, name)
			}
		}
	}
	return missing
}

func isFile(name string) bool {
	if strings.HasPrefix(name, "/") || strings.ContainsAny(name, " =<>\"") || strings.Contains(name, "://") {
		return false
	}
	return strings.Contains(name, "/") || slices.Contains(endings, path.Ext(name))
}

func exists(root, name string) bool {
	for _, folder := range ignored {
		if within(name, folder) {
			return true
		}
	}
	found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(name)))
	return err == nil && len(found) > 0
}
