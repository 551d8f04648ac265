// SPDX-License-Identifier: AGPL-3.0-or-later

package themes

import (
	html "html/template"
	"text/template/parse"
)

// fold writes the sentences that never change, and the paths of assets, into a
// template: {{t "login.heading"}} becomes its words. A page is made of such
// sentences mostly, and looking each up for every person takes longer than all
// the rest. Sentences are escaped here, as html/template would have done; what
// comes from people and services is left to it.
func (t *Themes) fold(whole *html.Template, lang string) {
	constant := func(function, argument string) (string, bool) {
		switch function {
		case "t":
			sentence, found := t.locales[lang][argument]
			return html.HTMLEscapeString(sentence), found && len(placeholders(sentence)) == 0
		case "asset":
			return html.HTMLEscapeString(t.assets.path(argument)), true
		}
		return "", false
	}
	for _, tree := range htmlTrees(whole) {
		foldList(tree.Root, constant)
	}
}

func foldList(list *parse.ListNode, constant func(function, argument string) (string, bool)) {
	if list == nil {
		return
	}
	for i, node := range list.Nodes {
		switch n := node.(type) {
		case *parse.ActionNode:
			if text, ok := foldAction(n, constant); ok {
				list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: n.Pos, Text: []byte(text)}
			}
		case *parse.IfNode:
			foldList(n.List, constant)
			foldList(n.ElseList, constant)
		case *parse.WithNode:
			foldList(n.List, constant)
			foldList(n.ElseList, constant)
		case *parse.RangeNode:
			foldList(n.List, constant)
			foldList(n.ElseList, constant)
		}
	}
}

// foldAction knows one shape: {{function "argument"}}.
func foldAction(n *parse.ActionNode, constant func(function, argument string) (string, bool)) (string, bool) {
	if len(n.Pipe.Decl) > 0 || len(n.Pipe.Cmds) != 1 || len(n.Pipe.Cmds[0].Args) != 2 {
		return "", false
	}
	function, ok := n.Pipe.Cmds[0].Args[0].(*parse.IdentifierNode)
	if !ok {
		return "", false
	}
	argument, ok := n.Pipe.Cmds[0].Args[1].(*parse.StringNode)
	if !ok {
		return "", false
	}
	return constant(function.Ident, argument.Text)
}
