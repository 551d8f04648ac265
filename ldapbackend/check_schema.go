// SPDX-License-Identifier: AGPL-3.0-or-later

package ldapbackend

import (
	"context"
	"io/fs"
	"regexp"
	"strings"

	"commonscloud.coop/clau/ldapbackend/schema"
)

// upgrading is what to do about a server that an older Clau prepared.
const upgrading = "load what \"clau directory upgrade\" prints"

// checkSchema compares names, and what each class allows of them: whoever loads
// a schema loads it whole, but an older one lacks what came later.
func (b *Backend) checkSchema(ctx context.Context) (string, string) {
	if b.config.Dial != nil {
		return "", "" // the server in this process is made with it
	}
	dse, err := b.rootDSE(ctx, "subschemaSubentry")
	if err != nil {
		return "the root entry cannot be read: " + cause(err), "let everybody read dn.base=\"\""
	}
	entry, err := b.entry(ctx, dse.text("subschemaSubentry"), "attributeTypes", "objectClasses")
	if err != nil {
		return "the schema cannot be read: " + cause(err), "let everybody read dn.base=\"cn=subschema\""
	}
	f := fields{entry}
	known := definitions(append(f.texts("attributeTypes"), f.texts("objectClasses")...))
	do := "load the schema that \"clau directory schema\" prints"
	if known["clauaccount"] != "" {
		do = upgrading
	}
	for _, text := range ownDefinitions() {
		for name, ours := range definitions([]string{text}) {
			theirs, found := known[name]
			switch missing := lacking(ours, theirs); {
			case !found:
				return "the server does not know " + nameIn(text), do
			case missing != "":
				return nameIn(text) + " has no " + missing + " there", do
			}
		}
	}
	return "", ""
}

// ownDefinitions are the types and classes that Clau brings.
func ownDefinitions() []string {
	var all []string
	for _, file := range schema.Names() {
		text, err := fs.ReadFile(schema.Files(), file)
		if err != nil {
			continue // embedded in the program: cannot be missing
		}
		for _, line := range strings.Split(strings.ReplaceAll(string(text), "\n ", " "), "\n") {
			if strings.HasPrefix(line, "olcAttributeTypes: ") || strings.HasPrefix(line, "olcObjectClasses: ") {
				all = append(all, line)
			}
		}
	}
	return all
}

// definitions sorts definitions by name, in lower case.
func definitions(texts []string) map[string]string {
	byName := map[string]string{}
	for _, text := range texts {
		if name := nameIn(text); name != "" {
			byName[strings.ToLower(name)] = text
		}
	}
	return byName
}

func nameIn(definition string) string {
	_, rest, _ := strings.Cut(definition, "NAME")
	_, rest, _ = strings.Cut(rest, "'")
	name, _, _ := strings.Cut(rest, "'")
	return name
}

// lacking is the first attribute of ours that a class has here and not there.
func lacking(ours, theirs string) string {
	attribute := regexp.MustCompile(`\bclau[A-Z][A-Za-z]+\b`)
	there := strings.ToLower(theirs)
	for _, name := range attribute.FindAllString(parts(ours), -1) {
		if !regexp.MustCompile(`\b` + strings.ToLower(name) + `\b`).MatchString(there) {
			return name
		}
	}
	return ""
}

// parts is what a class demands and allows; of an attribute type, nothing.
func parts(definition string) string {
	if !strings.HasPrefix(definition, "olcObjectClasses: ") {
		return ""
	}
	_, rest, _ := strings.Cut(definition, "MUST")
	if _, allowed, found := strings.Cut(definition, "MAY"); found && rest == "" {
		rest = allowed
	}
	return rest
}
