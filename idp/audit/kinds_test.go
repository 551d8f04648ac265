// SPDX-License-Identifier: AGPL-3.0-or-later

package audit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"commonscloud.coop/clau/themes"
)

// written are the kinds that the source defines.
func written(t *testing.T) []Kind {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	ast.Inspect(source, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is {
			return true
		}
		if of, named := spec.Type.(*ast.Ident); named && of.Name == "Kind" {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, Kind(value))
		}
		return true
	})
	return kinds
}

func TestEveryKindIsListedOnceAndPrintable(t *testing.T) {
	all := written(t)
	if len(all) < 50 {
		t.Fatalf("only %d kinds found in the source", len(all))
	}
	for _, k := range all {
		if !slices.Contains(Kinds(), k) {
			t.Errorf("%s is not among Kinds", k)
		}
		if (Event{Kind: k}).Plain().Kind != k {
			t.Errorf("%s would not be written as it is", k)
		}
	}
	if slices.Sort(all); len(slices.Compact(all)) != len(Kinds()) {
		t.Errorf("%d kinds in the source, %d in Kinds", len(slices.Compact(all)), len(Kinds()))
	}
}

// A person reads a sentence for everything that may have happened to them.
func TestEveryKindHasItsWords(t *testing.T) {
	all, err := themes.New(themes.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"ca", "es", "en"} {
		seen := map[string]Kind{}
		for _, k := range append(Kinds(), "other") {
			sentence := all.Text(lang, "activity."+string(k))
			if sentence == "" || sentence == "activity."+string(k) {
				t.Errorf("%s: nothing for %s", lang, k)
			}
			if other, twice := seen[sentence]; twice && k != PersonErased && other != PersonRemoved {
				t.Errorf("%s: %q is said of %s and of %s", lang, sentence, other, k)
			}
			seen[sentence] = k
		}
	}
}
