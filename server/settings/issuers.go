package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"parley/auth"
	"parley/auth/issuers"
)

const maxIssuersFile = 1 << 20 // bytes of the file, and of one with secrets

// ReadIssuers reads the file that PARLEY_ISSUERS names, and the files with secrets that it names. The error names the setting, and the
// entry that cannot be. Where nothing is set there are none. warnings are sentences for the log, of secrets that others may read.
func (c *Config) ReadIssuers() (entries []issuers.Issuer, warnings []string, err error) {
	if c.Issuers == "" {
		return nil, nil, nil
	}
	entries, err = readIssuers(c.Issuers, &warnings)
	if err == nil {
		err = issuers.Check(entries)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("PARLEY_ISSUERS: %w", err)
	}
	return entries, warnings, nil
}

func readIssuers(file string, warnings *[]string) ([]issuers.Issuer, error) {
	text, err := readFile(file)
	if err != nil {
		return nil, err
	}
	var list []json.RawMessage
	if !utf8.Valid(text) || json.Unmarshal(text, &list) != nil || len(list) == 0 {
		return nil, fmt.Errorf("%s: want a list of objects in JSON, one for each issuer", file)
	}
	entries := make([]issuers.Issuer, len(list))
	for i, raw := range list {
		if entries[i], err = readIssuer(raw, filepath.Dir(file), warnings); err != nil {
			return nil, fmt.Errorf("%s: %w", issuers.Entry(i, entries[i].Name), err)
		}
	}
	return entries, nil
}

// readIssuer reads an entry. folder is where relative files lie.
func readIssuer(raw json.RawMessage, folder string, warnings *[]string) (issuers.Issuer, error) {
	i := issuers.Defaults()
	err := readMembers(raw, map[string]func(json.RawMessage) error{
		"issuer":           text(&i.Name),
		"audience":         func(raw json.RawMessage) error { return readTexts(raw, &i.Audience) },
		"jwks_url":         someText(&i.KeysURL),
		"secret_file":      func(raw json.RawMessage) error { return readSecretFile(raw, folder, &i.Secrets, warnings) },
		"typ":              someText(&i.Type),
		"require":          func(raw json.RawMessage) error { return readRequired(raw, &i.Require) },
		"session_lifetime": func(raw json.RawMessage) error { return readDuration(raw, &i.SessionLifetime) },
		"claims":           func(raw json.RawMessage) error { return readClaims(raw, &i.Claims) },
	})
	return i, err
}

var errNoText = errors.New("want a text")

// text reads a text into a variable.
func text(into *string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		var value *string
		if json.Unmarshal(raw, &value) != nil || value == nil {
			return errNoText
		}
		*into = *value
		return nil
	}
}

// someText is text, which is not empty.
func someText(into *string) func(json.RawMessage) error {
	return func(raw json.RawMessage) error {
		err := text(into)(raw)
		if err == nil && *into == "" {
			err = errors.New("it is empty")
		}
		return err
	}
}

func readDuration(raw json.RawMessage, into *time.Duration) error {
	var written string
	var d Duration
	err := text(&written)(raw)
	if err == nil {
		err = d.UnmarshalText([]byte(written))
	}
	*into = time.Duration(d)
	return err
}

func readSecretFile(raw json.RawMessage, folder string, into *[]auth.Secret, warnings *[]string) error {
	var file string
	if err := someText(&file)(raw); err != nil {
		return err
	}
	if !filepath.IsAbs(file) {
		file = filepath.Join(folder, file)
	}
	secrets, err := readSecrets(file)
	*into = secrets
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows" { // whose modes say nothing
		*warnings = append(*warnings, fmt.Sprintf("PARLEY_ISSUERS: everybody on this machine may read the secrets in %s (mode %04o), "+
			"and with them sign in as anybody of that issuer; run: chmod o= '%s'", file, info.Mode().Perm(), file))
	}
	return err
}

func readTexts(raw json.RawMessage, into *[]string) error {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return errors.New("want a list of texts")
	}
	for _, one := range list {
		var value string
		if err := text(&value)(one); err != nil {
			return errors.New("want a list of texts")
		}
		*into = append(*into, value)
	}
	return nil
}

func readRequired(raw json.RawMessage, into *map[string]any) error {
	*into = map[string]any{}
	return eachMember(raw, func(name string, raw json.RawMessage) error {
		var value any
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		switch value.(type) {
		case string, bool, json.Number:
			(*into)[name] = value
			return nil
		}
		return fmt.Errorf("%q: want a text, a number, true or false", name)
	})
}

func readClaims(raw json.RawMessage, into *issuers.Claims) error {
	return readMembers(raw, map[string]func(json.RawMessage) error{
		"username": text(&into.Username), "name": text(&into.Name), "image": text(&into.Image),
	})
}

// readMembers reads the members of an object. One that is not known, or comes twice, is an error.
func readMembers(raw json.RawMessage, known map[string]func(json.RawMessage) error) error {
	return eachMember(raw, func(name string, value json.RawMessage) error {
		read := known[name]
		if read == nil {
			return fmt.Errorf("there is no member %q", name)
		}
		if err := read(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

// eachMember calls each for the members of an object as they are written; encoding/json takes names in any case, and one twice.
func eachMember(raw json.RawMessage, each func(name string, value json.RawMessage) error) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if begin, err := decoder.Token(); err != nil || begin != json.Delim('{') {
		return errors.New("want an object")
	}
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		if seen[name] {
			return fmt.Errorf("%q: it is given twice", name)
		}
		seen[name] = true
		if err := each(name, value); err != nil {
			return err
		}
	}
	return nil
}

// readSecrets reads one secret a line.
func readSecrets(file string) (secrets []auth.Secret, err error) {
	content, err := readFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(content)) {
		line = strings.TrimRight(line, "\r\n")
		if line != strings.TrimSpace(line) {
			return nil, fmt.Errorf("secret %d begins or ends with a blank", len(secrets)+1)
		}
		if line != "" {
			secrets = append(secrets, auth.Secret(line))
		}
	}
	if len(secrets) == 0 {
		return nil, fmt.Errorf("there is no secret in %s", file)
	}
	return secrets, nil
}

// readFile reads a text.
func readFile(name string) ([]byte, error) {
	switch info, err := os.Stat(name); {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // a pipe would be waited for
		return nil, fmt.Errorf("%s: not a file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxIssuersFile+1))
	if err == nil && len(content) > maxIssuersFile {
		err = fmt.Errorf("%s: more than %v", name, Size(maxIssuersFile))
	}
	return bytes.TrimPrefix(content, []byte("\uFEFF")), err // which some editors write before a text
}
