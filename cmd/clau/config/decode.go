// SPDX-License-Identifier: AGPL-3.0-or-later

package config

import (
	"bytes"
	"errors"
	"reflect"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// decode reads the text of a file strictly. Unknown keys are all found at once;
// text that is no TOML, or a value of a wrong kind, ends the reading there.
func decode(text []byte) (file, Faults) {
	var f file
	err := toml.NewDecoder(bytes.NewReader(text)).DisallowUnknownFields().Decode(&f)
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		return f, unknownKeys(unknown)
	}
	var broken *toml.DecodeError
	if errors.As(err, &broken) {
		line, column := broken.Position()
		return f, Faults{{Line: line, Column: column, Key: dotted(broken.Key()), Problem: brokenProblem(broken)}}
	}
	if err != nil {
		return f, Faults{{Problem: "cannot be read: " + err.Error()}}
	}
	return f, nil
}

const unknownKey = "is not a key of this file"

func unknownKeys(e *toml.StrictMissingError) Faults {
	var faults Faults
	for _, missing := range e.Errors {
		line, column := missing.Position()
		faults = append(faults, Fault{
			Line: line, Column: column, Key: dotted(missing.Key()),
			Problem: unknownKey + "; see config.example.toml for those there are",
		})
	}
	return faults
}

// brokenProblem says what was expected, in words of the file and not of Go.
func brokenProblem(e *toml.DecodeError) string {
	t := kindOf(reflect.TypeFor[file](), e.Key())
	if t == nil {
		return "is not TOML here: " + strings.TrimPrefix(e.Error(), "toml: ")
	}
	switch t.Kind() {
	case reflect.String:
		return `needs a text in quotes, as key = "value"`
	case reflect.Bool:
		return "needs true or false, without quotes"
	case reflect.Slice:
		return `needs a list of texts, as key = ["one", "two"]`
	}
	return "is a table and has keys of its own"
}

func kindOf(t reflect.Type, key []string) reflect.Type {
	if len(key) == 0 {
		return nil
	}
	for _, name := range key {
		if t.Kind() != reflect.Struct {
			return nil
		}
		t = fieldNamed(t, name)
		if t == nil {
			return nil
		}
	}
	return t
}

func fieldNamed(t reflect.Type, name string) reflect.Type {
	for field := range t.Fields() {
		if field.Tag.Get("toml") == name {
			return field.Type
		}
	}
	return nil
}

type position struct{ line, column int }

// positions finds where each key of a well-formed text stands, by dotted name.
// Tables count too, so that a key missing from one can point there.
func positions(text []byte) map[string]position {
	found := map[string]position{}
	var p unstable.Parser
	p.Reset(text)
	var table []string
	for p.NextExpression() {
		e := p.Expression()
		name, where := keyOf(&p, e)
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = name
			found[dotted(name)] = where
		case unstable.KeyValue:
			full := append(append([]string{}, table...), name...)
			found[dotted(full)] = where
		}
	}
	return found
}

func keyOf(p *unstable.Parser, e *unstable.Node) ([]string, position) {
	var name []string
	var where position
	for it := e.Key(); it.Next(); {
		node := it.Node()
		if len(name) == 0 {
			start := p.Shape(node.Raw).Start
			where = position{start.Line, start.Column}
		}
		name = append(name, string(node.Data))
	}
	return name, where
}

func dotted(key []string) string { return strings.Join(key, ".") }
