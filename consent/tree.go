// SPDX-License-Identifier: AGPL-3.0-or-later

package consent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// node is a value of a document and where it stands. Value is a string, a bool,
// an int64, a table, or anything else, which no policy has.
type node struct {
	line  int
	value any
}

// table holds the values of a document by their keys.
type table map[string]node

// depthMax is deeper than any policy; beyond it the text is not followed.
const depthMax = 8

// jsonTree reads JSON and keeps where things stand. A key that stands twice is a
// fault, since readers differ on which of the two counts.
type jsonTree struct {
	raw    []byte
	dec    *json.Decoder
	offset int64 // up to here the lines are counted
	line   int
	faults Faults
}

func treeOfJSON(raw []byte) (node, Faults) {
	t := &jsonTree{raw: raw, dec: json.NewDecoder(bytes.NewReader(raw)), line: 1}
	t.dec.UseNumber()
	root, err := t.value("", 0)
	if err == nil {
		_, err = t.dec.Token()
		if errors.Is(err, io.EOF) {
			return root, t.faults
		}
	}
	return node{}, append(t.faults, Fault{Line: t.here(), Kind: FaultSyntax, Why: "this is not JSON here"})
}

// here is the line on which the last token ended.
func (t *jsonTree) here() int {
	to := min(t.dec.InputOffset(), int64(len(t.raw)))
	t.line += bytes.Count(t.raw[t.offset:to], []byte{'\n'})
	t.offset = to
	return t.line
}

func (t *jsonTree) value(key string, depth int) (node, error) {
	token, err := t.dec.Token()
	if err != nil {
		return node{}, err
	}
	n := node{line: t.here()}
	switch v := token.(type) {
	case json.Delim:
		if depth == depthMax {
			return node{}, fmt.Errorf("consent: too deep")
		}
		n.value, err = t.inside(v, key, depth)
	case json.Number:
		n.value = any(v)
		if whole, err := v.Int64(); err == nil {
			n.value = whole
		}
	default:
		n.value = v
	}
	return n, err
}

// inside reads what follows an opening bracket, to its end.
func (t *jsonTree) inside(open json.Delim, key string, depth int) (any, error) {
	var list []node
	fields := table{}
	for t.dec.More() {
		if open == '[' {
			n, err := t.value(key, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, n)
			continue
		}
		if err := t.field(fields, key, depth); err != nil {
			return nil, err
		}
	}
	if _, err := t.dec.Token(); err != nil {
		return nil, err
	}
	if open == '[' {
		return list, nil
	}
	return fields, nil
}

func (t *jsonTree) field(fields table, key string, depth int) error {
	name, err := t.dec.Token()
	if err != nil {
		return err
	}
	at, inner := t.here(), join(key, name.(string))
	n, err := t.value(inner, depth+1)
	if err != nil {
		return err
	}
	if _, twice := fields[name.(string)]; twice {
		t.faults = append(t.faults, Fault{Line: at, Key: inner, Kind: FaultTwice, Why: "stands there twice"})
		return nil
	}
	n.line = at
	fields[name.(string)] = n
	return nil
}

func treeOfTOML(raw []byte) (node, Faults) {
	var values map[string]any
	if err := toml.Unmarshal(raw, &values); err != nil {
		f := Fault{Kind: FaultSyntax, Why: "this is not TOML here"}
		var broken *toml.DecodeError
		if errors.As(err, &broken) {
			f.Line, _ = broken.Position()
		}
		return node{}, Faults{f}
	}
	return tomlNode(values, "", 1, linesOfTOML(raw)), nil
}

// tomlNode gives values their lines; one whose own line is not known has that
// of the table around it.
func tomlNode(value any, key string, around int, lines map[string]int) node {
	n := node{line: around, value: value}
	if line, ok := lines[key]; ok {
		n.line = line
	}
	switch v := value.(type) {
	case map[string]any:
		fields := make(table, len(v))
		for name, inner := range v {
			fields[name] = tomlNode(inner, join(key, name), n.line, lines)
		}
		n.value = fields
	case toml.LocalDate:
		n.value = v.String()
	}
	return n
}

// linesOfTOML finds the lines of the keys in a document that is well formed.
func linesOfTOML(raw []byte) map[string]int {
	found := map[string]int{}
	var p unstable.Parser
	p.Reset(raw)
	header := ""
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			header = lineOfKey(&p, e, "", found)
		case unstable.KeyValue:
			lineOfKey(&p, e, header, found)
		}
	}
	return found
}

func lineOfKey(p *unstable.Parser, e *unstable.Node, below string, found map[string]int) string {
	key := below
	for it := e.Key(); it.Next(); {
		key = join(key, string(it.Node().Data))
		if _, ok := found[key]; !ok {
			found[key] = p.Shape(it.Node().Raw).Start.Line
		}
	}
	return key
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
