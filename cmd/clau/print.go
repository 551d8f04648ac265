// SPDX-License-Identifier: AGPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printJSON writes one document. HTML is left as it is: nobody puts this into
// a page, and people read it.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// field is one line of what is shown of one thing. Empty ones are left out.
type field struct{ name, value string }

func (a *app) printFields(fields ...field) {
	width := 0
	for _, f := range fields {
		if f.value != "" {
			width = max(width, len(f.name))
		}
	}
	for _, f := range fields {
		if strings.HasPrefix(f.value, "-----BEGIN ") { // to be copied whole, so not indented
			fmt.Fprintf(a.out, "  %s\n%s\n", f.name, strings.TrimRight(f.value, "\n"))
			continue
		}
		if f.value != "" {
			value := strings.ReplaceAll(f.value, "\n", "\n"+strings.Repeat(" ", width+4))
			fmt.Fprintf(a.out, "  %-*s  %s\n", width, f.name, value)
		}
	}
}

// printTable writes aligned columns, by way of the pager when they do not fit
// on the terminal. An empty table says so, where people look for it.
func (a *app) printTable(head []string, rows [][]string) error {
	if len(rows) == 0 {
		fmt.Fprintln(a.err, "nothing to list")
		return nil
	}
	return a.page(len(rows)+1, func(w io.Writer) error {
		widths := columnWidths(head, rows)
		writeRow(w, widths, head)
		for _, row := range rows {
			writeRow(w, widths, row)
		}
		return nil
	})
}

func columnWidths(head []string, rows [][]string) []int {
	widths := make([]int, len(head))
	for i, cell := range head {
		widths[i] = runes(cell)
	}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], runes(cell))
		}
	}
	return widths
}

// writeRow counts letters and not bytes, so that "Núria" does not push the next
// column aside. Control characters of stored text never reach the terminal.
func writeRow(w io.Writer, widths []int, row []string) {
	var line strings.Builder
	for i, cell := range row {
		line.WriteString(printable(cell))
		if i < len(row)-1 {
			line.WriteString(strings.Repeat(" ", widths[i]-runes(cell)+2))
		}
	}
	fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
}

func runes(s string) int { return utf8.RuneCountInString(s) }

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, s)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func lines[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, "\n")
}
