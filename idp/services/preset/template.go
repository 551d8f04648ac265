// SPDX-License-Identifier: AGPL-3.0-or-later

package preset

import (
	"fmt"
	"strings"
	"text/template"
	"text/template/parse"
)

// expand fills in a template that stands by itself.
func expand(text string, f facts) (string, error) {
	return fill(text, f, func(s string) string { return s })
}

// expandIn fills in a template in a syntax, in which every value is quoted.
func expandIn(s Syntax, text string, f facts) (string, error) { return fill(text, f, s.quote) }

func fill(text string, f facts, quote func(string) string) (string, error) {
	if !strings.Contains(text, "{{") {
		return text, nil
	}
	functions := template.FuncMap{"_quote": quote, "jinja": jinja}
	t, err := template.New("").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return "", fmt.Errorf("preset: %w", err)
	}
	if t.Tree != nil && t.Root != nil {
		quoteActions(t.Tree, t.Root)
	}
	var b strings.Builder
	if err := t.Execute(&b, f); err != nil {
		return "", fmt.Errorf("preset: %w", err)
	}
	return b.String(), nil
}

// quoteActions ends every pipeline that prints something with the function that
// quotes it, as html/template does with those that escape.
func quoteActions(t *parse.Tree, n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			quoteActions(t, inner)
		}
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			quoted := parse.NewIdentifier("_quote").SetTree(t).SetPos(n.Pos)
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{quoted}})
		}
	case *parse.IfNode:
		quoteActions(t, n.List)
		quoteActions(t, n.ElseList)
	case *parse.RangeNode:
		quoteActions(t, n.List)
		quoteActions(t, n.ElseList)
	case *parse.WithNode:
		quoteActions(t, n.List)
		quoteActions(t, n.ElseList)
	}
}

// expandAll fills in several templates.
func expandAll(texts []string, f facts) ([]string, error) {
	var out []string
	for _, text := range texts {
		s, err := expand(text, f)
		if err != nil {
			return nil, err
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// jinja is an expression of the template language that other programs have in
// their configuration.
func jinja(expression string) string { return "{{ " + expression + " }}" }
