// SPDX-License-Identifier: AGPL-3.0-or-later

package xmlsigtest

import (
	"strings"
	"unicode/utf16"
)

// Broken returns documents that no reader of messages may take, each made of
// valid, which is a message whose root has an ID and that has an Issuer. They
// are what is wrong for any message; a signature would not make one better.
func Broken(valid string) []Attack {
	attacks := []Attack{
		{"nothing", ""},
		{"a document type", "<!DOCTYPE x>" + valid},
		{"an internal entity", `<!DOCTYPE x [<!ENTITY e "evil">]>` + valid},
		{"an external entity", `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>` + inIssuer(valid, "&e;")},
		{"a billion laughs", laughs + inIssuer(valid, "&i;")},
		{"an entity of nobody's", inIssuer(valid, "&nbsp;")},
		{"a processing instruction", `<?xml-stylesheet href="https://evil.example/"?>` + valid},
		{"a processing instruction inside", inIssuer(valid, "<?php evil()?>")},
		{"a comment in the Issuer", inIssuer(valid, "<!---->.evil.example")},
		{"a comment outside", valid + "<!-- -->"},
		{"text after the end", valid + "evil"},
		{"a second root", valid + valid},
		{"an end after the end", valid + "</evil>"},
		{"an open end", strings.TrimSuffix(valid, ">")},
		{"an attribute twice", inRoot(valid, ` Version="1.1"`)},
		{"an attribute twice by two prefixes", inRoot(valid, ` xmlns:a="urn:a" xmlns:b="urn:a" a:x="1" b:x="2"`)},
		{"an attribute of no namespace", inRoot(valid, ` nobody:ID="_evil"`)},
		{"a name with two prefixes", inRoot(valid, ` a::b="c"`)},
		{"a name with an empty prefix", inRoot(valid, ` :ID="_evil"`)},
		{"a prefix without a name", inRoot(valid, ` x:="_evil"`)},
		{"UTF-16", wide(valid)},
		{"UTF-16 that says so", wide(`<?xml version="1.0" encoding="UTF-16"?>` + valid)},
		{"another encoding", `<?xml version="1.0" encoding="ISO-8859-1"?>` + valid},
		{"another version", `<?xml version="1.1"?>` + valid},
		{"bytes that are not text", inIssuer(valid, "\xff\xfe")},
		{"an overlong slash", inIssuer(valid, "\xc0\xaf")},
		{"a surrogate", inIssuer(valid, "\xed\xa0\x80")},
		{"a NUL", inIssuer(valid, "\x00")},
		{"a reference to NUL", inIssuer(valid, "&#0;")},
		{"a control character", inIssuer(valid, "\x0b")},
		{"5000 elements in each other", inIssuer(valid, strings.Repeat("<a>", 5000)+strings.Repeat("</a>", 5000))},
		{"7000 elements", inIssuer(valid, strings.Repeat("<b/>", 7000))},
		{"10000 attributes", inRoot(valid, many(10000))},
		{"an attribute of a megabyte", inRoot(valid, ` x="`+strings.Repeat("x", 1<<20)+`"`)},
		{"a megabyte of spaces", valid + strings.Repeat(" ", 1<<20)},
	}
	return attacks
}

const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">` +
	`<!ENTITY i "&c;&c;&c;&c;&c;&c;&c;&c;">]>`

// inIssuer adds to the text of the Issuer.
func inIssuer(valid, text string) string {
	before, after, found := strings.Cut(valid, "Issuer>")
	if !found {
		panic("xmlsigtest: a message without an Issuer")
	}
	content, rest, _ := strings.Cut(after, "</")
	return before + "Issuer>" + content + text + "</" + rest
}

// inRoot adds to the attributes of the root.
func inRoot(valid, attributes string) string {
	before, after, _ := strings.Cut(valid, ">")
	return before + attributes + ">" + after
}

func many(n int) string {
	var attributes strings.Builder
	for i := range n {
		attributes.WriteString(" a" + string(rune('a'+i%26)) + strings.Repeat("z", i/26%40) + strings.Repeat("y", i/1040) + `=""`)
	}
	return attributes.String()
}

// wide is document in UTF-16, with its mark.
func wide(document string) string {
	octets := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(document)) {
		octets = append(octets, byte(unit), byte(unit>>8))
	}
	return string(octets)
}
