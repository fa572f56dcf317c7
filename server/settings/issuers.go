package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"parley/auth"
	"parley/auth/issuers"
)

const maxIssuersFile = 1 << 20 // bytes of the file, and of one with secrets

// ReadIssuers reads the file that PARLEY_ISSUERS names, and the files with secrets that it names. The error names the setting, and the
// entry that cannot be. Where nothing is set there are none.
func (c *Config) ReadIssuers() ([]issuers.Issuer, error) {
	if c.Issuers == "" {
		return nil, nil
	}
	entries, err := readIssuers(c.Issuers)
	if err == nil {
		err = issuers.Check(entries)
	}
	if err != nil {
		return nil, fmt.Errorf("PARLEY_ISSUERS: %w", err)
	}
	return entries, nil
}

func readIssuers(file string) ([]issuers.Issuer, error) {
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
		if entries[i], err = readIssuer(raw, filepath.Dir(file)); err != nil {
			return nil, fmt.Errorf("entry %d%s: %w", i+1, named(entries[i].Name), err)
		}
	}
	return entries, nil
}

// named is the name of an entry behind its number.
func named(name string) string {
	if name == "" {
		return ""
	}
	return " (" + name + ")"
}

// readIssuer reads an entry. folder is where relative files lie.
func readIssuer(raw json.RawMessage, folder string) (i issuers.Issuer, err error) {
	i = issuers.Defaults()
	var secrets, lifetime string
	given, err := readMembers(raw, map[string]func(json.RawMessage) error{
		"issuer":           text(&i.Name),
		"audience":         func(raw json.RawMessage) error { return readTexts(raw, &i.Audience) },
		"jwks_url":         text(&i.KeysURL),
		"secret_file":      text(&secrets),
		"typ":              text(&i.Type),
		"require":          func(raw json.RawMessage) error { return readRequired(raw, &i.Require) },
		"session_lifetime": text(&lifetime),
		"claims":           func(raw json.RawMessage) error { return readClaims(raw, &i.Claims) },
	})
	if err != nil {
		return i, err
	}
	for name, value := range map[string]string{"jwks_url": i.KeysURL, "secret_file": secrets, "typ": i.Type} {
		if given[name] && value == "" {
			return i, fmt.Errorf("%s: it is empty", name)
		}
	}
	if given["jwks_url"] && given["secret_file"] {
		return i, errors.New("want exactly one of jwks_url and secret_file")
	}
	if given["session_lifetime"] {
		var d Duration
		if err := d.UnmarshalText([]byte(lifetime)); err != nil {
			return i, fmt.Errorf("session_lifetime: %w", err)
		}
		i.SessionLifetime = time.Duration(d)
	}
	if given["secret_file"] {
		if !filepath.IsAbs(secrets) {
			secrets = filepath.Join(folder, secrets)
		}
		if i.Secrets, err = readSecrets(secrets); err != nil {
			return i, fmt.Errorf("secret_file: %w", err)
		}
	}
	return i, nil
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
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := eachMember(raw, func(string, json.RawMessage) error { return nil }); err != nil {
		return err
	}
	if err := decoder.Decode(into); err != nil {
		return err
	}
	for name, value := range *into {
		switch value.(type) {
		case string, bool, json.Number:
		default:
			return fmt.Errorf("%s: want a text, a number, true or false", name)
		}
	}
	return nil
}

func readClaims(raw json.RawMessage, into *issuers.Claims) error {
	_, err := readMembers(raw, map[string]func(json.RawMessage) error{
		"username": text(&into.Username), "name": text(&into.Name), "image": text(&into.Image),
	})
	return err
}

// readMembers reads the members of an object, and says which were given. One that is not known, or comes twice, is an error.
func readMembers(raw json.RawMessage, known map[string]func(json.RawMessage) error) (given map[string]bool, err error) {
	given = map[string]bool{}
	err = eachMember(raw, func(name string, value json.RawMessage) error {
		read := known[name]
		if read == nil {
			return fmt.Errorf("there is no member %q", name)
		}
		given[name] = true
		if err := read(value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
	return given, err
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
			return fmt.Errorf("%s: it is given twice", name)
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

func readFile(name string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxIssuersFile+1))
	if err == nil && len(content) > maxIssuersFile {
		err = fmt.Errorf("%s: more than %v", name, Size(maxIssuersFile))
	}
	return content, err
}
