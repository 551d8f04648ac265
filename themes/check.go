// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	"errors"
	"fmt"
	html "html/template"
	"slices"
	text "text/template"
	"text/template/parse"
)

// checkChosen reports each key that handlers may choose and no locale file has.
func (t *Themes) checkChosen() error {
	var faults []error
	for _, key := range chosen() {
		if !t.Has(key) {
			faults = append(faults, fmt.Errorf("themes: no locale file has %s", key))
		}
	}
	return errors.Join(faults...)
}

// checkWords reports each {{t "key" …}} whose key no locale file has, or whose
// names are not the sentence's placeholders. It must run before the template is
// executed, which rewrites its tree.
func (t *Themes) checkWords(file string, trees []*parse.Tree) error {
	var faults []error
	for _, call := range calls(trees) {
		sentence, found := t.locales[reference][call.key]
		switch {
		case !found:
			faults = append(faults, fmt.Errorf("themes: %s: no locale file has %s", file, call.key))
		case !slices.Equal(call.names, placeholders(sentence)):
			faults = append(faults, fmt.Errorf("themes: %s: %s needs the placeholders %v, not %v", file, call.key, placeholders(sentence), call.names))
		}
	}
	return errors.Join(faults...)
}

// call is a use of the function t in a template.
type call struct {
	key   string
	names []string // of the placeholders, sorted
}

func calls(trees []*parse.Tree) []call {
	var found []call
	for _, tree := range trees {
		walk(tree.Root, func(c call) { found = append(found, c) })
	}
	return found
}

func htmlTrees(whole *html.Template) []*parse.Tree {
	var trees []*parse.Tree
	for _, tmpl := range whole.Templates() {
		if tmpl.Tree != nil {
			trees = append(trees, tmpl.Tree)
		}
	}
	return trees
}

func textTrees(whole *text.Template) []*parse.Tree {
	var trees []*parse.Tree
	for _, tmpl := range whole.Templates() {
		if tmpl.Tree != nil {
			trees = append(trees, tmpl.Tree)
		}
	}
	return trees
}

// walk visits every command below a node.
func walk(node parse.Node, visit func(call)) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			walk(child, visit)
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		walk(n.Pipe, visit)
	case *parse.IfNode:
		walkBranch(n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(n.BranchNode, visit)
	case *parse.PipeNode:
		if n == nil {
			return
		}
		for _, command := range n.Cmds {
			walk(command, visit)
		}
	case *parse.CommandNode:
		for _, arg := range n.Args {
			walk(arg, visit)
		}
		if c, ok := readCall(n); ok {
			visit(c)
		}
	}
}

func walkBranch(n parse.BranchNode, visit func(call)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	walk(n.ElseList, visit)
}

func readCall(n *parse.CommandNode) (call, bool) {
	function, ok := n.Args[0].(*parse.IdentifierNode)
	if !ok || function.Ident != "t" || len(n.Args) < 2 {
		return call{}, false
	}
	key, ok := n.Args[1].(*parse.StringNode)
	if !ok {
		return call{}, false
	}
	c := call{key: key.Text}
	for i := 2; i < len(n.Args); i += 2 {
		if name, ok := n.Args[i].(*parse.StringNode); ok {
			c.names = append(c.names, name.Text)
		}
	}
	slices.Sort(c.names)
	return c, true
}
